import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, type Package, type Problem } from '../workspace/packages.ts'

const METHOD_FOLDERS = ['drafters', 'verifiers', 'samplers']
/** What begins the lines of a method's README that are generated from its manifest. */
export const GENERATED = '<!-- generated from the manifest: pnpm docs -->'

const METHOD_README = ['Requirements', 'Options']

/** `drafter` for `packages/drafters/prompt-lookup`; undefined for what is no method. */
export function methodKind(folder: string): string | undefined {
  const parts = folder.split('/')
  return parts.length === 3 && METHOD_FOLDERS.includes(parts[1] ?? '') ? parts[1]?.slice(0, -1) : undefined
}

/** The published name that a folder must have: `packages/drafters/prompt-lookup` is `@foretoken/drafter-prompt-lookup`. */
export function expectedName(folder: string): string {
  const [, group = '', name] = folder.split('/')
  return name === undefined ? `@foretoken/${group}` : `@foretoken/${group.replace(/s$/, '')}-${name}`
}

function checkManifest({ folder, path, json }: Package): string[] {
  const problems: string[] = []
  const demand = (holds: boolean, message: string): void => {
    if (!holds) problems.push(message)
  }
  demand(json.name === expectedName(folder), `"name" must be "${expectedName(folder)}".`)
  demand((json.description ?? '').length > 10, '"description" must say in one line what the package does.')
  demand(json.license === 'Apache-2.0', '"license" must be "Apache-2.0".')
  demand(json.type === 'module', '"type" must be "module".')
  demand(json.sideEffects === false, '"sideEffects" must be false.')
  demand(json.engines?.['node'] === '>=20.19.0', '"engines.node" must be ">=20.19.0".')
  demand(json.repository?.directory === folder, `"repository.directory" must be "${folder}".`)
  demand(json.files?.includes('dist') === true, '"files" must hold "dist".')
  demand(json.files?.includes('src') === true, '"files" must hold "src": source maps point there.')
  for (const [entry, target] of Object.entries(json.exports ?? {})) {
    if (typeof target === 'string') {
      demand(existsSync(join(path, target)), `"exports" "${entry}" points at ${target}, which is not there.`)
      continue
    }
    const conditions = Object.keys((target ?? {}) as object).join(', ')
    demand(
      conditions === '@foretoken/source, types, default',
      `"exports" "${entry}" must have the conditions @foretoken/source, types, default in this order.`,
    )
    const source = (target as Record<string, string>)['@foretoken/source'] ?? ''
    demand(existsSync(join(path, source)), `"exports" "${entry}" points at ${source}, which is not there.`)
  }
  demand(json.exports?.['.'] !== undefined, '"exports" must have an entry ".".')
  return problems
}

function checkMethod({ folder, json }: Package): string[] {
  const problems: string[] = []
  const demand = (holds: boolean, message: string): void => {
    if (!holds) problems.push(message)
  }
  const kind = methodKind(folder)
  const method = folder.split('/').pop()
  demand(json.foretoken?.kind === kind, `"foretoken.kind" must be "${kind}".`)
  demand(json.foretoken?.method === method, `"foretoken.method" must be "${method}".`)
  demand(json.keywords?.includes('foretoken-plugin') === true, '"keywords" must hold "foretoken-plugin".')
  demand(
    json.peerDependencies?.['@foretoken/core'] !== undefined,
    '"peerDependencies" must name "@foretoken/core": a plugin shares the core of its user.',
  )
  const others = Object.keys(json.dependencies ?? {}).filter(
    (name) => name.startsWith('@foretoken/') && name !== '@foretoken/drafting',
  )
  demand(
    others.length === 0,
    `"dependencies" must not name ${others.join(', ')}: a method knows core, and drafting where a model drafts.`,
  )
  return problems
}

function checkReadme({ folder, path, json }: Package): string[] {
  const file = join(path, 'README.md')
  if (!existsSync(file)) return ['README.md is missing.']
  const text = readFileSync(file, 'utf8')
  const problems: string[] = []
  if (!text.startsWith(`# ${json.name}\n`)) problems.push(`README.md must begin with "# ${json.name}".`)
  if (methodKind(folder) === undefined) return problems
  if (!/^```ts/m.test(text)) problems.push('README.md must show an example in a ts block.')
  for (const heading of METHOD_README) {
    if (!new RegExp(`^## ${heading}`, 'm').test(text)) problems.push(`README.md must have a section "## ${heading}".`)
  }
  if (!text.includes(GENERATED))
    problems.push(`README.md must hold ${GENERATED} and <!-- end --> under "## Requirements".`)
  const { paper } = json.foretoken ?? {}
  if (paper !== undefined && !text.includes(paper)) problems.push(`README.md must cite ${paper}.`)
  return problems
}

function checkFiles({ folder, path }: Package): string[] {
  const files = listFiles(path)
  const problems: string[] = []
  for (const wanted of ['src/index.ts', 'tsup.config.ts']) {
    if (!files.includes(wanted)) problems.push(`${wanted} is missing.`)
  }
  if (!files.some((file) => file.endsWith('.test.ts'))) problems.push('There is no test (src/*.test.ts).')
  if (methodKind(folder) !== undefined && !files.some((file) => file.endsWith('.contract.test.ts'))) {
    problems.push('There is no contract test (src/*.contract.test.ts, with the suites of @foretoken/testkit).')
  }
  for (const file of files) {
    if (/(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(file)) problems.push(`${file}: name the file for its concept.`)
  }
  return problems
}

/** Checks a published package's manifest, files and README. */
export function checkShape(unit: Package): Problem[] {
  const messages = [...checkManifest(unit), ...checkReadme(unit), ...checkFiles(unit)]
  if (methodKind(unit.folder) !== undefined) messages.push(...checkMethod(unit))
  return messages.map((message) => ({ file: unit.folder, message }))
}
