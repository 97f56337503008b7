import { expect, it } from 'vitest'
import { readCompositions } from './compositions.ts'
import { paperText } from './paper.ts'
import { checkPaper, type PaperCard, paperNames, readPaper } from './paper-card.ts'
import { checkPublishable, publishedResults } from './published.ts'

const row = { task: 'all', setting: 'a GPU', speedup: 2, composition: 'prompt-lookup', temperature: 0 }
const card: PaperCard = { method: 'm', title: 'A paper', url: 'https://example.org', differs: 'All.', published: [row] }

it('reads every card of the repository, and its compositions exist', async () => {
  for (const name of await paperNames()) {
    const { method, published } = await readPaper(name)
    expect(method).toBe(name)
    await readCompositions(published.map(({ composition }) => composition))
  }
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
  [{ ...card, published: [{ ...row, temperature: undefined }] }, /"temperature" is missing/],
  [{ ...card, published: [{ ...row, speedup: undefined }] }, /no figure for "all"/],
])('refuses a card by name: %j', (value, message) => {
  expect(() => checkPaper(value, 'm.json')).toThrow(message)
})

it('puts figures side by side, a dash where ours is missing', () => {
  const rows = [
    { ...row, ours: null },
    { ...row, speedup: [7, 9] as const, ours: null },
  ]
  const text = paperText(checkPaper(card, 'm.json'), rows, {})
  expect(text).toMatch(/all +a GPU +0 +2\.00x +- +- /)
  expect(text).toContain('7.00–9.00x')
})

it('publishes whole runs only, by the methods at their temperature', async () => {
  expect(() => checkPublishable({ publish: true, quick: true })).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION' }),
  )
  expect(() => checkPublishable({ publish: true })).not.toThrow()
  const compositions = await readCompositions(['draft-model'])
  const overall = { speedup: 1.5, speedupInterval: [1, 2], meanAcceptanceLength: 2, questions: 9 } as never
  const part = { composition: 'draft-model', about: '', temperature: 1, boundShare: 0.9, overall, categories: {} }
  expect(publishedResults(compositions, [part, { ...part, temperature: 0 }])).toEqual([
    expect.objectContaining({ drafter: 'draft-model', verifier: 'speculative-sampling', temperature: 1, speedup: 1.5 }),
    expect.objectContaining({ drafter: 'draft-model', verifier: 'exact-match', temperature: 0 }),
  ])
})
