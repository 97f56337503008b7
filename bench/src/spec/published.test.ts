import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readCompositions } from './compositions.ts'
import { partsOf } from './in-parts.ts'
import {
  checkPublishable,
  isPublished,
  merged,
  type PublishedResult,
  publish,
  publishedResults,
  readPublished,
} from './published.ts'

it('publishes whole runs only, by the methods at their temperature', async () => {
  expect(() => checkPublishable({ publish: true, quick: true })).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION' }),
  )
  expect(() => checkPublishable({ publish: true })).not.toThrow()
  const compositions = await readCompositions(['draft-model'])
  const overall = { speedup: 1.5, speedupInterval: [1, 2], meanAcceptanceLength: 2, questions: 9 } as never
  const summary = { questions: 9, tokens: 90, rounds: 45, meanAcceptanceLength: 2, tokensPerSecond: 100, plainMs: 15 }
  const categories = { qa: summary as never }
  const part = { composition: 'draft-model', about: 'A', temperature: 1, boundShare: 0.9, overall, categories }
  const wrong = { ...part, temperature: 0, overall: { ...(overall as object), identical: false } as never }
  const origin = { command: 'c', date: 'd', commit: 'e', device: { processor: 'p', threads: 2 } } as never
  const setting = { model: 'm', tokens: 128, questions: 9 }
  const rows = publishedResults(compositions, [part, { ...part, temperature: 0 }, wrong], setting, origin)
  expect(rows[0]!.categories['qa']).toEqual({
    questions: 9,
    tokens: 90,
    rounds: 45,
    meanAcceptanceLength: 2,
    ms: 10,
    plainMs: 15,
  })
  expect(rows).toEqual([
    expect.objectContaining({ drafter: 'draft-model', verifier: 'speculative-sampling', temperature: 1, speedup: 1.5 }),
    expect.objectContaining({ drafter: 'draft-model', verifier: 'exact-match', temperature: 0 }),
  ])
})

const row = (composition: string, temperature: number, more: object = {}): PublishedResult =>
  ({
    composition,
    temperature,
    model: 'm',
    tokens: 128,
    questions: 12,
    speedup: 1,
    speedupInterval: [0.9, 1.25],
    ...more,
  }) as unknown as PublishedResult

it('keeps the rows of other compositions, temperatures and models, in one order whatever came first', async () => {
  const [a, b, c] = [row('a', 0), row('b', 0), row('a', 1)]
  const newer = row('a', 0, { speedup: 2 })
  expect(merged([b, a], [newer, c])).toEqual([newer, c, b])
  expect(merged([c, newer], [b])).toEqual([newer, c, b])
  expect(merged([a], [row('a', 0, { model: 'n' })])).toHaveLength(2)
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-published-'))
  const file = join(folder, 'results.json')
  expect(await readPublished(file)).toEqual([])
  for (const each of [b, c, newer]) await publish([each], file)
  const text = await readFile(file, 'utf8')
  expect(text).toContain('"speedupInterval": [0.9, 1.25]')
  await rm(file)
  await publish([c, newer, b], file)
  expect(await readFile(file, 'utf8')).toBe(text)
  await rm(folder, { recursive: true })
})

it('goes on where it was: two compositions at a time, without what is there in the same setting', async () => {
  const compositions = await readCompositions(['suffix', 'block', 'tolerance', 'aded'])
  const names = (parts: ReturnType<typeof partsOf>): string[] =>
    parts.map(({ compositions, temperature }) => `${compositions.map(({ name }) => name).join('+')} ${temperature}`)
  expect(names(partsOf(compositions, [0, 1], () => false))).toEqual([
    'suffix+tolerance 0',
    'aded 0',
    'suffix+block 1',
    'aded 1',
  ])
  const rows = [row('suffix', 0), row('aded', 1), row('aded', 0, { questions: 6 })]
  const setting = { model: 'm', tokens: 128, questions: 12 }
  const left = partsOf(compositions, [0, 1], (name, at) => isPublished(rows, name, at, setting))
  expect(names(left)).toEqual(['tolerance+aded 0', 'suffix+block 1'])
})
