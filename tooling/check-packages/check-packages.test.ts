import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readPackage } from '../workspace/packages.ts'
import { checkChangesets, pendingPackages } from './changesets.ts'
import { checkManifestField } from './manifest.ts'
import { checkShape, expectedName, GENERATED } from './shape.ts'

const FOLDER = 'packages/drafters/echo'
const MANIFEST = "export const manifest = { specVersion: 1, kind: 'drafter', name: 'echo', requires: [] }\n"
const README = `# @foretoken/drafter-echo\n\n\`\`\`ts\n\`\`\`\n\n## Requirements\n\n${GENERATED}\n\n<!-- end -->\n\n## Options\n`
const JSON_FIELDS = {
  name: '@foretoken/drafter-echo',
  version: '0.0.0',
  description: 'Drafts the last token again.',
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  foretoken: { kind: 'drafter', method: 'echo' },
  keywords: ['foretoken', 'foretoken-plugin'],
  repository: { directory: FOLDER },
  exports: {
    '.': { '@foretoken/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
  },
  files: ['dist', 'src'],
  engines: { node: '>=20.19.0' },
  peerDependencies: { '@foretoken/core': 'workspace:^' },
}

let root = ''
const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
const problems = (changes: object = {}): string[] => {
  write(`${FOLDER}/package.json`, JSON.stringify({ ...JSON_FIELDS, ...changes }))
  return checkShape(readPackage(root, FOLDER)).map(({ message }) => message)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foretoken-packages-'))
  write(`${FOLDER}/README.md`, README)
  write(`${FOLDER}/tsup.config.ts`, '')
  write(`${FOLDER}/src/index.ts`, MANIFEST)
  write(`${FOLDER}/src/echo.contract.test.ts`, '')
})
afterEach(() => rmSync(root, { recursive: true }))

it('accepts a package in order', () => {
  expect(problems()).toEqual([])
})

it.each([
  [{ name: 'echo' }, '"name" must be "@foretoken/drafter-echo".'],
  [{ peerDependencies: {} }, '"peerDependencies" must name "@foretoken/core": a plugin shares the core of its user.'],
  [{ foretoken: { kind: 'drafter', method: 'eco' } }, '"foretoken.method" must be "echo".'],
  [{ exports: { '.': { default: './dist/index.js' } } }, /^"exports" "\." must have the conditions/],
  [{ dependencies: { '@foretoken/drafter-other': '1' } }, /^"dependencies" must not name @foretoken\/drafter-other/],
])('refuses %j', (changes, message) => {
  expect(problems(changes)).toContainEqual(typeof message === 'string' ? message : expect.stringMatching(message))
})

it('demands README, tests and well-named files', () => {
  rmSync(join(root, FOLDER, 'README.md'))
  rmSync(join(root, FOLDER, 'src/echo.contract.test.ts'))
  write(`${FOLDER}/src/utils.ts`, '')
  expect(problems()).toEqual([
    'README.md is missing.',
    'There is no test (src/*.test.ts).',
    expect.stringContaining('There is no contract test'),
    'src/utils.ts: name the file for its concept.',
  ])
})

it('compares the manifest with package.json', async () => {
  write(`${FOLDER}/package.json`, JSON.stringify(JSON_FIELDS))
  expect(await checkManifestField(readPackage(root, FOLDER))).toEqual([])
  write(
    `${FOLDER}/package.json`,
    JSON.stringify({ ...JSON_FIELDS, foretoken: { kind: 'drafter', method: 'x', paper: 'y' } }),
  )
  const messages = (await checkManifestField(readPackage(root, FOLDER))).map(({ message }) => message)
  expect(messages).toEqual([
    'The manifest\'s name is "echo", but "foretoken.method" is "x".',
    '"foretoken.paper" is y, but the manifest cites undefined.',
  ])
})

it('demands a changeset of a package that was never released', () => {
  problems()
  mkdirSync(join(root, '.changeset'))
  const unit = readPackage(root, FOLDER)
  expect(checkChangesets(root, [unit])).toHaveLength(1)
  write(
    '.changeset/kind-owls-sing.md',
    `---\n'@foretoken/drafter-echo': minor\n"@foretoken/core": patch\n---\n\nDrafts.\n`,
  )
  expect(pendingPackages(root)).toEqual(new Set(['@foretoken/drafter-echo', '@foretoken/core']))
  expect(checkChangesets(root, [unit])).toEqual([])
})

it('derives names from folders', () => {
  expect(expectedName('packages/core')).toBe('@foretoken/core')
  expect(expectedName('packages/backends/node')).toBe('@foretoken/backend-node')
  expect(expectedName('packages/models/stories')).toBe('@foretoken/model-stories')
})
