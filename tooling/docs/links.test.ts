import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { anchorOf, checkLinks } from './links.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foretoken-links-'))
  mkdirSync(join(root, 'docs'))
  writeFileSync(join(root, 'docs', 'b.md'), '# One & two\n\n## Where `x` goes\n\n## Where `x` goes\n')
})
afterEach(() => rmSync(root, { recursive: true }))

it('finds links that lead nowhere', () => {
  const lines = ['[b](docs/b.md)', '[c](docs/c.md)', '[top](#a)', '[lost](#z)', '[web](https://example.org/x)', '# A']
  writeFileSync(join(root, 'a.md'), `${lines.join('\n\n')}\n\n\`\`\`md\n[in code](nowhere.md)\n\`\`\`\n`)
  const messages = checkLinks(root).map(({ file, message }) => `${file} ${message}`)
  expect(messages).toEqual([
    'a.md links to docs/c.md, which is not there.',
    'a.md links to #z, but a.md has no such heading.',
  ])
})

it('follows anchors into other pages', () => {
  writeFileSync(
    join(root, 'a.md'),
    '[x](docs/b.md#one--two) [y](docs/b.md#where-x-goes-1) [z](docs/b.md#where-x-goes-2)\n',
  )
  expect(checkLinks(root).map(({ message }) => message)).toEqual([
    'links to docs/b.md#where-x-goes-2, but docs/b.md has no such heading.',
  ])
})

it('writes anchors as GitHub does', () => {
  expect(anchorOf('Tree, and its `parents`')).toBe('tree-and-its-parents')
})
