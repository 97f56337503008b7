import { type Draws, ForetokenError, generate, rng, STREAMS } from '@foretoken/core'
import { referenceVerifier, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type AdedOptions, aded } from './drafter.ts'
import { trigramsOf, trigramTable } from './trigram-table.ts'

const vocabularySize = 10
const model = toyModel({ vocabularySize })

function drawsOf(seed: number): Draws {
  const source = rng(seed)
  return { uniform: (offset, index = 0) => source.uniform(STREAMS.draft, offset, index) }
}

async function draftAfter(prompt: number[], options?: AdedOptions, room = 9): Promise<number[]> {
  const drafter = aded(options)
  await drafter.begin(Int32Array.from(prompt), model)
  return [...(await drafter.draft(room, drawsOf(1))).tokens]
}

it('goes on as the prompt went on', async () => {
  expect(await draftAfter([1, 2, 3, 4, 5, 6, 7, 1, 2])).toEqual([3, 4, 5, 6])
  expect(await draftAfter([1, 2, 3, 4, 5, 6, 7, 1, 2], {}, 2)).toEqual([3, 4])
})

it('drafts nothing after a pair it never saw, or without a pair', async () => {
  expect(await draftAfter([1, 2, 3])).toEqual([])
  expect(await draftAfter([1])).toEqual([])
  expect(await draftAfter([])).toEqual([])
})

it('adapts to what is committed', async () => {
  const drafter = aded({ step: 0.5 })
  await drafter.begin(Int32Array.of(1, 2), model)
  const draft = await drafter.draft(4, drawsOf(1))
  expect(draft.tokens.length).toBe(0)
  const facts = { path: new Int32Array(0), token: 2, kind: 'bonus', draft, base: 0 } as const
  const output = { rows: 0, logits: new Float32Array(0) }
  await drafter.commit({ ...facts, output, tokens: Int32Array.of(8, 1, 2) })
  expect([...(await drafter.draft(1, drawsOf(1))).tokens]).toEqual([8])
})

it('begins with a corpus, and leaves what it learned in its table', async () => {
  const table = trigramsOf([Int32Array.of(1, 2, 9, 1, 2, 9, 1, 2, 6)])
  expect((await draftAfter([1, 2], { table }, 1))[0]).toBe(9)
  await draftAfter([5, 6, 7, 8, 0], { table })
  expect(await draftAfter([5, 6], { table }, 2)).toEqual([7, 8])
})

it('drafts the same for the same draws', async () => {
  const table = trigramTable()
  for (let i = 0; i < 400; i++) table.add((i * 7) % 10, (i * 3) % 9, (i * i) % 10, 0.1)
  const options = { table, nodes: 20, iterations: 100 }
  expect(await draftAfter([7, 3], options)).toEqual(await draftAfter([7, 3], options))
})

it('writes what plain decoding writes with any table', async () => {
  const source = rng(3)
  for (let seed = 0; seed < 10; seed++) {
    const table = trigramTable({ pairs: 128 })
    const token = (i: number, k: number): number => Math.floor(source.uniform(0, i, k, seed) * vocabularySize)
    for (let i = 0; i < 60 * seed; i++) table.add(token(i, 0), token(i, 1), token(i, 2), 0.3)
    for (const temperature of [0, 1]) {
      const run = { prompt: Int32Array.of(1, 4, 2), temperature, seed, maxTokens: 40 }
      const plain = await generate({ ...run, model: toyModel({ vocabularySize, seed }) })
      const [drafter, verifier] = [aded({ table, nodes: 8 }), referenceVerifier('match')]
      const fast = await generate({ ...run, model: toyModel({ vocabularySize, seed }), drafter, verifier })
      expect(fast.tokenIds).toEqual(plain.tokenIds)
      if (seed > 0) expect(fast.stats.drafted).toBeGreaterThan(0)
    }
  }
})

it('refuses bad options with a typed error', () => {
  const bad = [{ nodes: 0 }, { nodes: 65 }, { iterations: 0 }, { depth: 17 }, { step: 0 }, { window: 2 }, { tree: 1 }]
  for (const options of bad) {
    expect(() => aded(options as AdedOptions)).toThrow(ForetokenError)
    expect(() => aded(options as AdedOptions)).toThrow(/aded/)
  }
})
