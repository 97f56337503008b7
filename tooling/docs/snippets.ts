import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedPackages } from '../workspace/packages.ts'

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

/** The first snippet of each published package's README. */
export function packageSnippets(root: string): Snippet[] {
  return publishedPackages().flatMap(({ folder }) => {
    const page = `${folder}/README.md`
    if (!existsSync(join(root, page))) return []
    return firstSnippet(page, readFileSync(join(root, page), 'utf8')) ?? []
  })
}

/** Puts an example file's text into the page's block `<!-- example: file -->`. */
export function withExample(text: string, file: string, code: string): string {
  const block = new RegExp(`(<!-- example: ${file.replaceAll('.', '\\.')} -->\\n)[\\s\\S]*?(<!-- end of example -->)`)
  return text.replace(block, (_, begin, end) => `${begin}\`\`\`ts\n${code.trimEnd()}\n\`\`\`\n${end}`)
}
