import { type Draft, ForetokenError, generate } from '@foretoken/core'
import { lawRows, randomDrafter, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type ToleranceOptions, tolerance } from './verifier.ts'

const q = { kind: 'point-mass' } as const
const draws = { sample: () => 0.99, accept: () => 0, correct: () => 0 }
const p = Float32Array.of(0.5, 0.3, 0.125, 0.075)

function decide(options: ToleranceOptions, draft: Draft, isGreedy = true) {
  return tolerance(options).verify(
    draft,
    lawRows(4, draft, () => p, isGreedy),
    draws,
  )
}

const chain = (...tokens: number[]): Draft => ({ tokens: Int32Array.from(tokens), q })

it('keeps what is good enough, then the best token', () => {
  // Distances from the best: 0, 0.51, 1.39, 1.90.
  expect(decide({ beta: 3, tau: 1.5 }, chain(1, 2, 3))).toEqual({
    path: Int32Array.of(0, 1),
    token: 0,
    kind: 'corrected',
  })
  expect(decide({ beta: 3, tau: 2 }, chain(3)).path).toHaveLength(0)
  expect(decide({ beta: 4, tau: 2 }, chain(3))).toEqual({ path: Int32Array.of(0), token: 0, kind: 'bonus' })
  expect(decide({ beta: 4, tau: 1 }, chain(0, 1, 2)).path).toHaveLength(2)
})

it('draws the token after the path above temperature 0', () => {
  expect(decide({}, chain(1), false)).toEqual({ path: Int32Array.of(0), token: 3, kind: 'bonus' })
})

it('keeps the best of the siblings it tolerates', () => {
  const tree: Draft = { tokens: Int32Array.of(2, 1, 3, 0), parents: Int32Array.of(-1, -1, -1, 1), q }
  expect(decide({}, tree)).toEqual({ path: Int32Array.of(1, 3), token: 0, kind: 'bonus' })
})

const prompt = Int32Array.of(1, 2, 3)
const run = async (options: ToleranceOptions | undefined, seed: number, width = 2) => {
  const parts = options && {
    drafter: randomDrafter({ vocabularySize: 5, width, seed }),
    verifier: tolerance(options),
  }
  return generate({ model: toyModel({ vocabularySize: 5, seed }), prompt, maxTokens: 40, ...parts })
}

it('is greedy decoding with beta = 1 or tau = 0', async () => {
  for (let seed = 0; seed < 4; seed++) {
    const plain = await run(undefined, seed)
    expect((await run({ beta: 1, tau: Infinity }, seed)).tokenIds).toEqual(plain.tokenIds)
    expect((await run({ beta: 5, tau: 0 }, seed)).tokenIds).toEqual(plain.tokenIds)
  }
})

it('accepts every draft with all ranks and any distance, and no less with more tolerance', async () => {
  const all = await run({ beta: 5, tau: Infinity }, 1, 1)
  expect(all.stats.acceptedByPosition).toEqual(all.stats.draftedByPosition)
  for (let token = 0; token < 4; token++) {
    let before = 0
    for (const tau of [0, 0.5, 1, 1.5, 2]) {
      const { length } = decide({ beta: 4, tau }, chain(token)).path
      expect(length).toBeGreaterThanOrEqual(before)
      before = length
    }
  }
})

it('refuses options it does not know', () => {
  for (const options of [{ beta: 0 }, { beta: 1.5 }, { tau: -1 }, { tau: Number.NaN }, { gamma: 1 }]) {
    let error: unknown
    try {
      tolerance(options)
    } catch (caught) {
      error = caught
    }
    expect(ForetokenError.is(error) && error.code).toBe('BAD_OPTION')
  }
})
