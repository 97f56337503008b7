// Every README's first example, type-checked together and run one by one, as a reader would.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { root } from '../workspace/prepare.mjs'
import { EXAMPLES } from './pages.ts'
import { asModule, firstSnippet, packageSnippets, type Snippet, sourceOfImports, withExample } from './snippets.ts'

// Beside the README, so that the package's own dependencies resolve.
const fileOf = ({ page }: Snippet): string => join(root, page, '..', '.readme', 'first.ts')
const snippets = packageSnippets(root)
const examples = Object.entries(EXAMPLES)
let caches = ''

beforeAll(() => {
  const sources = sourceOfImports()
  for (const snippet of snippets) {
    mkdirSync(join(fileOf(snippet), '..'), { recursive: true })
    writeFileSync(fileOf(snippet), asModule(snippet, sources))
  }
  caches = mkdtempSync(join(tmpdir(), 'foretoken-snippets-'))
  vi.stubEnv('XDG_CACHE_HOME', caches)
})
afterAll(() => {
  vi.unstubAllEnvs()
  for (const snippet of snippets) rmSync(join(fileOf(snippet), '..'), { recursive: true, force: true })
  rmSync(caches, { recursive: true, force: true })
})

it('finds the first block and its mark', () => {
  const page = '# A\n\n```sh\nx\n```\n\n```ts no-run\nlet a = 1\n```\n\n```ts\nb\n```\n'
  expect(firstSnippet('a.md', page)).toEqual({ page: 'a.md', code: 'let a = 1\n', isTypesOnly: true })
  expect(firstSnippet('a.md', '# A\n')).toBeUndefined()
})

it.each(examples)('shows in %s the file %s', (page, file) => {
  const text = readFileSync(join(root, page), 'utf8')
  expect(text).toContain(`<!-- example: ${file} -->`)
  expect(text).toBe(withExample(text, file, readFileSync(join(root, file), 'utf8')))
})

it('type-checks every first example', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  const wanted = [...snippets.map(fileOf), ...examples.map(([, file]) => join(root, file))]
  const program = ts.createProgram(wanted, options)
  const found = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file !== undefined && wanted.includes(file.fileName))
  const host = { getCurrentDirectory: () => root, getCanonicalFileName: (name: string) => name, getNewLine: () => '\n' }
  expect(ts.formatDiagnostics(found, host)).toBe('')
})

async function run(file: string): Promise<void> {
  const quiet = [
    vi.spyOn(console, 'log').mockImplementation(() => {}),
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true),
  ]
  try {
    await import(pathToFileURL(file).href)
  } finally {
    for (const spy of quiet) spy.mockRestore()
  }
}

it.each(examples)('for %s runs %s', (_, file) => run(join(root, file)))

it.each(snippets.filter(({ isTypesOnly }) => !isTypesOnly).map((snippet) => [snippet.page, snippet] as const))(
  'runs %s',
  (_, snippet) => run(fileOf(snippet)),
)
