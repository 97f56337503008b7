import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ROOT } from '../places.ts'
import { readCompositions } from './compositions.ts'
import { paperText } from './paper.ts'
import { checkPaper, type PaperCard, paperNames, readPaper } from './paper-card.ts'

const row = {
  task: 'all',
  setting: 'a GPU',
  source: 'Table 1',
  speedup: 2,
  composition: 'prompt-lookup',
  temperature: 0,
}
const card: PaperCard = { method: 'm', title: 'A paper', url: 'https://example.org', differs: 'All.', published: [row] }

it('reads every card of the repository, and its compositions exist', async () => {
  for (const name of await paperNames()) {
    const { method, published } = await readPaper(name)
    expect(method).toBe(name)
    await readCompositions(published.map(({ composition }) => composition))
  }
})

it('has a card of every drafter and verifier whose package names a paper', async () => {
  // Papers of samplers tell of the quality of texts, which nothing here measures.
  const methods = ['drafters', 'verifiers'].flatMap((kind) => {
    const folder = new URL(`packages/${kind}/`, ROOT)
    return readdirSync(folder).flatMap((name) => {
      const { foretoken } = JSON.parse(readFileSync(new URL(`${name}/package.json`, folder), 'utf8'))
      return foretoken?.paper === undefined ? [] : [foretoken.method as string]
    })
  })
  expect(methods.length).toBeGreaterThan(15)
  const names = await paperNames()
  expect(methods.filter((method) => !names.includes(method))).toEqual([])
})

it('measures each method by compositions that have it', async () => {
  const known: Record<string, string[]> = { fastdraft: ['draft-model'], specdecpp: ['controller'] }
  for (const name of await paperNames()) {
    const { published } = await readPaper(name)
    if (published.length === 0) continue
    const compositions = await readCompositions([published[0]!.composition])
    const used = compositions.flatMap((each) =>
      [each, ...each.variants].flatMap(({ drafter, verifier }) => [drafter?.method, verifier?.method]),
    )
    expect(used, name).toEqual(expect.arrayContaining(known[name] ?? [name]))
  }
})

it('says what measures a method of which these questions say nothing', async () => {
  const { published, elsewhere } = await readPaper('forced')
  expect(published).toEqual([])
  expect(elsewhere).toContain('pnpm bench json')
  expect(() => checkPaper({ method: 'm', title: 'A', url: 'u', elsewhere: '' }, 'm.json')).toThrow(/"elsewhere"/)
})

it('names the known ones where there is none', async () => {
  await expect(readPaper('no-such')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    fix: expect.stringContaining('lookahead'),
  })
})

it.each([
  [{ ...card, author: 'x' }, /"author" is not an option/],
  [{ ...card, url: '' }, /"url"/],
  [{ ...card, published: [] }, /"published" holds no row/],
  [{ ...card, published: [{ ...row, speedUp: 2 }] }, /"speedUp" is not an option/],
  [{ ...card, published: [{ ...row, source: '' }] }, /"source"/],
  [{ ...card, published: [{ ...row, temperature: undefined }] }, /"temperature" is missing/],
  [{ ...card, published: [{ ...row, speedup: undefined }] }, /no figure for "all"/],
])('refuses a card by name: %j', (value, message) => {
  expect(() => checkPaper(value, 'm.json')).toThrow(message)
})

it('puts figures side by side, a dash where ours is missing', () => {
  const rows = [
    { ...row, ours: null },
    { ...row, speedup: [7, 9] as const, ours: null },
    { ...row, figure: 'cost −41 %', ours: null },
  ]
  const text = paperText(checkPaper(card, 'm.json'), rows, {})
  expect(text).toMatch(/all +a GPU +Table 1 +0 +2\.00x +- +- /)
  expect(text).toContain('7.00–9.00x')
  expect(text).toContain('cost −41 %')
})
