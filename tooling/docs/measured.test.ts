import { expect, it } from 'vitest'
import type { PaperCard } from '../../bench/src/spec/paper-card.ts'
import type { PublishedResult } from '../../bench/src/spec/published.ts'
import { besideOf, measuredCell, measuredNote } from './measured.ts'
import { methodPage, paperPage } from './method-page.ts'
import { indexPage } from './pages.ts'

const category = { questions: 2, tokens: 100, rounds: 50, meanAcceptanceLength: 2, ms: 10, plainMs: 20 }
const row: PublishedResult = {
  composition: 'a',
  about: 'What a is.',
  drafter: 'lookup',
  verifier: 'exact',
  temperature: 0,
  model: 'm',
  tokens: 128,
  questions: 240,
  speedup: 1.5,
  speedupInterval: [1.25, 1.75],
  meanAcceptanceLength: 2.125,
  boundShare: null,
  categories: {
    qa: category,
    rag: { ...category, tokens: 300, ms: 20 },
    math: { ...category, rounds: 150, meanAcceptanceLength: 4 },
  },
  origin: {
    command: 'pnpm bench spec --publish',
    date: '2026-01-02T03:04:05.000Z',
    commit: 'abcdef0123',
    processor: 'A',
    threads: 2,
  },
}
const measured: readonly PublishedResult[] = [
  { ...row, temperature: 1, speedup: 1.1, speedupInterval: null, boundShare: 0.9 },
  row,
  { ...row, composition: 'b', speedup: 1.4 },
  { ...row, composition: 'c', drafter: 'controller', speedup: 3 },
]
const manifest = {
  specVersion: 1,
  kind: 'drafter',
  name: 'lookup',
  requires: [],
  paper: { title: 'A paper', authors: 'Doe', year: 2020, url: 'https://example.org', section: '4' },
}
const unit = { folder: 'packages/drafters/lookup', json: { name: '@x/lookup', description: 'Looks up.' } } as never
const facts = { unit, manifest, requirements: 'none', guarantee: '' }
const published = { task: 'all', setting: 'a GPU', source: 'Table 1', composition: 'a', temperature: 0 }
const card: PaperCard = {
  method: 'lookup',
  title: 'A paper',
  url: 'https://example.org',
  differs: 'The paper has a GPU.',
  published: [
    { ...published, speedup: [2, 3] },
    { ...published, task: 'some', figure: 'faster', categories: ['qa', 'rag'] },
    { ...published, task: 'other', speedup: 2, meanAcceptanceLength: 2.5, composition: 'd' },
  ],
}

it('shows the best composition of a method at each temperature', () => {
  expect(measuredCell(measured, 'drafter', 'lookup')).toBe(
    '1.50× (1.25–1.75), 2.13 tokens a round, with `a` at T = 0; 1.10×, 2.13 tokens a round, with `a` at T = 1',
  )
  expect(measuredCell(measured, 'verifier', 'exact')).toMatch(/^3\.00× .*`c` at T = 0; 1\.10×/)
  expect(measuredCell(measured, 'drafter', 'other')).toBe('')
})

it('says how it was measured, whatever the order of the rows', () => {
  const note = measuredNote([
    ...measured,
    { ...row, origin: { ...row.origin, commit: '0123456789', command: 'again' } },
  ])
  expect(note).toContain('(240, at most 128 new tokens a turn)')
  expect(note).toContain('commit 0123456, abcdef0: `again`, `pnpm bench spec --publish`')
  expect(measuredNote(measured.toReversed())).toBe(measuredNote(measured))
})

it('has the column only where something was measured', () => {
  const methods = [{ unit, manifests: [manifest] }]
  expect(indexPage(methods)).not.toContain('measured')
  expect(indexPage(methods, measured)).toMatch(/\| source \| measured \|[\s\S]*1\.50×/)
  expect(indexPage(methods, measured, [card])).toContain('- [lookup](paper-lookup.md): A paper')
})

it('tells of some categories by the ratio of their sums', () => {
  // (100 + 300) · 20 over 100 · 10 + 300 · 20.
  const { speedup, length, questions } = besideOf(measured, { ...published, categories: ['qa', 'rag'] })
  expect([speedup, length, questions]).toEqual(['1.14×', '2.00', '4'])
  // (50 + 50) · 2 + 150 · 4 over 250 rounds.
  expect(besideOf(measured, published)).toEqual({ speedup: '1.50× (1.25–1.75)', length: '3.20', questions: '6' })
  expect(besideOf(measured, { ...published, categories: ['stem'] }).speedup).toBe('–')
})

it('gives a method its page: paper, needs, promise, measured and published figures', () => {
  const page = methodPage(facts, measured, card)
  expect(page).toContain('A drafter. Looks up.')
  expect(page).toContain('| Paper | Doe, [A paper](https://example.org), 2020 |\n| Section | 4 |')
  expect(page).toContain('nothing: works with every target')
  expect(page).toContain('| `a` | 1 | 1.10× | 2.13 | 0.900 | 240 | What a is. |')
  expect(page).toContain('| all | a GPU | 0 | 2.00–3.00× | 1.50× (1.25–1.75) | – | 3.20 | `a` | Table 1 |')
  expect(page).toContain('| some | a GPU | 0 | faster | 1.14× | – | 2.00 | `a` | Table 1 |')
  expect(page).toContain('| other | a GPU | 0 | 2.00× | – | 2.50 | – | `d` | Table 1 |')
  expect(page).toContain('`pnpm bench paper lookup`')
})

it('says on how many questions outputs were identical', () => {
  const identical = { model: 'm', tokens: 128, seed: 0, temperature: 0, name: 'a + exact', drafter: 'lookup' }
  const rows = [
    { ...identical, verifier: 'exact', questions: [1, 5], written: 256, rounds: 128, commits: ['abcdef012'] },
  ]
  const page = methodPage(facts, [], undefined, [...rows, { ...rows[0]!, name: 'other', drafter: 'suffix' }])
  expect(page).toContain('| a + exact | 0 | m | 2 | 256 | 2.00 |')
  expect(page).toContain('commit abcdef0.')
  expect(page).not.toContain('other')
})

it('leaves out what there is none of', () => {
  const page = methodPage({ ...facts, manifest: { ...manifest, paper: undefined } as never }, [], undefined)
  expect(page).not.toMatch(/Paper|Measured|Published/)
  expect(paperPage({ ...card, published: [], elsewhere: 'See there.' }, [])).toContain('## Published\n\nSee there.')
})
