import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checkPackage, Package as Packed, type Problem, type ResolutionKind } from '@arethetypeswrong/core'
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import type { Package } from '../workspace/packages.ts'

/** How our users' tools resolve an ESM-only package. */
const RESOLUTIONS: readonly ResolutionKind[] = ['node16-esm', 'bundler']

/** What publint finds in each package's manifest and built files. */
export async function checkPublint(packages: readonly Package[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { folder, path, json } of packages) {
    const { messages } = await publint({ pkgDir: path, level: 'warning', strict: true, pack: false })
    for (const message of messages) problems.push(`${folder}: ${formatMessage(message, json as never) ?? message.code}`)
  }
  return problems
}

/** The manifest and the built files, as they lie in a reader's `node_modules`. */
function packed({ path, json }: Package): Packed {
  const files: Record<string, Uint8Array> = {}
  const built = readdirSync(join(path, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  for (const file of ['package.json', ...built])
    files[`/node_modules/${json.name}/${file}`] = readFileSync(join(path, file))
  return new Packed(files, json.name, json.version)
}

function describe(problem: Problem): string {
  const { title, docsUrl } = problemKindInfo[problem.kind]
  const where = 'entrypoint' in problem ? ` at "${problem.entrypoint}"` : ''
  return `${title}${where} (${docsUrl})`
}

/** What "Are the types wrong?" finds in each package, with its profile for ESM-only packages. */
export async function checkTypesOfPackages(packages: readonly Package[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const unit of packages) {
    const result = await checkPackage(packed(unit))
    if (result.types === false) {
      problems.push(`${unit.folder}: the package has no types.`)
      continue
    }
    const affects = (problem: Problem): boolean =>
      RESOLUTIONS.some((kind) => problemAffectsResolutionKind(problem, kind, result))
    problems.push(...result.problems.filter(affects).map((problem) => `${unit.folder}: ${describe(problem)}`))
  }
  return problems
}
