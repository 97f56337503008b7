import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Package, publishedPackages } from '../workspace/packages.ts'

/** The first `ts` block of a README. */
export interface Snippet {
  /** The README, relative to the root. */
  readonly page: string
  readonly code: string
  /** True for a block marked `no-run`: it is type-checked only. */
  readonly isTypesOnly: boolean
}

/** Takes the first `ts` block out of a page; undefined when there is none. */
export function firstSnippet(page: string, text: string): Snippet | undefined {
  const match = /^```ts([^\n]*)\n([\s\S]*?)^```/m.exec(text)
  if (match === null) return undefined
  const [, marks = '', code = ''] = match
  return { page, code, isTypesOnly: marks.trim().split(/\s+/).includes('no-run') }
}

/** The first snippet of each package's README. */
export function packageSnippets(root: string, packages: readonly Package[] = publishedPackages()): Snippet[] {
  return packages.flatMap(({ folder }) => {
    const page = `${folder}/README.md`
    if (!existsSync(join(root, page))) return []
    return firstSnippet(page, readFileSync(join(root, page), 'utf8')) ?? []
  })
}

/** Absolute source file of each import that the workspace's packages offer. */
export function sourceOfImports(packages: readonly Package[] = publishedPackages()): Map<string, string> {
  const sources = new Map<string, string>()
  for (const { path, json } of packages) {
    for (const [entry, target] of Object.entries(json.exports ?? {})) {
      const source = (target as Record<string, string>)['@foretoken/source']
      if (source !== undefined) sources.set(json.name + entry.slice(1), join(path, source))
    }
  }
  return sources
}

/** A snippet as a module of its own that imports the workspace's sources, whoever depends on whom. */
export function asModule({ code }: Snippet, sources: ReadonlyMap<string, string>): string {
  const linked = code.replace(/(from )'(@foretoken\/[^']+)'/g, (whole, from, name) => {
    const source = sources.get(name)
    return source === undefined ? whole : `${from}${JSON.stringify(source)}`
  })
  return `${linked}\nexport {}\n`
}

/** Puts an example file's text into the page's block `<!-- example: file -->`. */
export function withExample(text: string, file: string, code: string): string {
  const block = new RegExp(`(<!-- example: ${file.replaceAll('.', '\\.')} -->\\n)[\\s\\S]*?(<!-- end of example -->)`)
  return text.replace(block, (_, begin, end) => `${begin}\`\`\`ts\n${code.trimEnd()}\n\`\`\`\n${end}`)
}
