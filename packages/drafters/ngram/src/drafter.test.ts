import { type Committed, generate, rng } from '@foretoken/core'
import { referenceVerifier, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type NgramOptions, ngram } from './drafter.ts'
import { ngramTable } from './ngram-table.ts'

const vocabularySize = 10
const model = toyModel({ vocabularySize })
const draws = { uniform: () => 0 }

async function draftAfter(prompt: number[], options: NgramOptions = {}, room = 9): Promise<number[]> {
  const drafter = ngram(options)
  await drafter.begin(Int32Array.from(prompt), model)
  return [...(await drafter.draft(room, draws)).tokens]
}

it('goes on as the text went on, as far as that is likely', async () => {
  const phrase = [1, 2, 3, 4, 5, 6, 7, 8]
  expect(await draftAfter([...phrase, 9, ...phrase])).toEqual([9, ...phrase])
  expect(await draftAfter([...phrase, 9, ...phrase], { nodes: 2 })).toEqual([9, 1])
  expect(await draftAfter([...phrase, 9, ...phrase], {}, 3)).toEqual([9, 1, 2])
  expect(await draftAfter([...phrase, 9, 1, 2], {})).toEqual([3])
  expect(await draftAfter(phrase)).toEqual([])
  expect(await draftAfter([])).toEqual([])
})

it('knows what the model mostly says, in several ways', async () => {
  const tokens = Int32Array.from({ length: 400 }, (_, i) => [1, 2, i % 8 < 4 ? 3 : 4, 5][i % 4]!)
  const table = ngramTable([{ tokens }], { vocabularySize })
  const drafter = ngram({ table, nodes: 3 })
  await drafter.begin(Int32Array.of(9, 1, 2), model)
  const { tokens: drafted, parents, confidence } = await drafter.draft(2, draws)
  expect([...drafted].slice(0, 2).sort()).toEqual([3, 4])
  expect([...parents!].slice(0, 2)).toEqual([-1, -1])
  expect(confidence![0]).toBeCloseTo(0.48, 1)
  expect(await draftAfter([9, 1, 2], { table, shape: 'chain', nodes: 3 })).toHaveLength(3)
})

it('follows what is committed, and begins anew with another text', async () => {
  const drafter = ngram()
  await drafter.begin(Int32Array.of(1, 2, 3, 4, 5, 6, 1, 2, 3, 4), model)
  const draft = await drafter.draft(1, draws)
  expect([...draft.tokens]).toEqual([5])
  const facts = {
    path: new Int32Array(0),
    kind: 'bonus',
    draft,
    base: 0,
    output: { rows: 0, logits: new Float32Array(0) },
  }
  await drafter.commit({ ...facts, token: 6, tokens: Int32Array.of(5, 6) } as Committed)
  expect([...(await drafter.draft(2, draws)).tokens]).toEqual([1, 2])
  await drafter.begin(Int32Array.of(1, 2, 3, 4), model)
  expect((await drafter.draft(2, draws)).tokens).toHaveLength(0)
})

it('writes what plain decoding writes with any table', async () => {
  const source = rng(3)
  for (let seed = 0; seed < 10; seed++) {
    const tokens = Int32Array.from({ length: 60 * seed }, (_, i) =>
      Math.floor(source.uniform(0, i, seed) * vocabularySize),
    )
    const table = ngramTable([{ tokens }], { vocabularySize })
    for (const temperature of [0, 1]) {
      const run = { prompt: Int32Array.of(1, 4, 2), temperature, seed, maxTokens: 40 }
      const plain = await generate({ ...run, model: toyModel({ vocabularySize, seed }) })
      const [drafter, verifier] = [ngram({ table, nodes: 8, minimumProbability: 0.02 }), referenceVerifier('match')]
      const fast = await generate({ ...run, model: toyModel({ vocabularySize, seed }), drafter, verifier })
      expect(fast.tokenIds).toEqual(plain.tokenIds)
      expect(fast.stats.drafted).toBeGreaterThan(0)
    }
  }
})

it('refuses bad options and the table of another vocabulary', async () => {
  const bad = [{ nodes: 0 }, { nodes: 64 }, { minimumProbability: 0 }, { shape: 'bush' }, { table: {} }, { depth: 3 }]
  for (const options of bad) {
    expect(() => ngram(options as NgramOptions)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
  }
  const table = ngramTable([], { vocabularySize: 11 })
  const begin = async (): Promise<void> => ngram({ table }).begin(Int32Array.of(1), model)
  await expect(begin()).rejects.toMatchObject({ code: 'VOCABULARY_MISMATCH' })
})
