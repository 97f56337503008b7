import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import type { Package } from '../workspace/packages.ts'
import { tool } from './run.ts'

/** What publint finds in each package's manifest and built files. */
export async function checkPublint(packages: readonly Package[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { folder, path, json } of packages) {
    const { messages } = await publint({ pkgDir: path, level: 'warning', strict: true })
    for (const message of messages) problems.push(`${folder}: ${formatMessage(message, json as never) ?? message.code}`)
  }
  return problems
}

/** What "Are the types wrong?" finds in each packed package, two at a time. */
export async function checkTypesOfPackages(packages: readonly Package[]): Promise<readonly string[]> {
  const queue = [...packages]
  const problems: string[] = []
  const work = async (): Promise<void> => {
    for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
      const found = await tool('attw', [
        '--pack',
        unit.path,
        '--profile',
        'esm-only',
        '--format',
        'ascii',
        '--no-emoji',
      ])
      problems.push(...found.map((text) => `${unit.folder}:\n${text}`))
    }
  }
  await Promise.all([work(), work()])
  return problems
}
