import { type Draft, ForetokenError, generate, matchWalk } from '@foretoken/core'
import { lawRows, randomDrafter, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { typical } from './verifier.ts'

const q = { kind: 'point-mass' } as const
const draws = { sample: () => 0.99, accept: () => 0, correct: () => 0 }
/** Threshold 0.09. */
const p = Float32Array.of(0.5, 0.3, 0.125, 0.075)

it('keeps tokens above the threshold, then the most probable one', () => {
  const decide = (...tokens: number[]) => {
    const draft: Draft = { tokens: Int32Array.from(tokens), q }
    return typical().verify(
      draft,
      lawRows(4, draft, () => p),
      draws,
    )
  }
  expect(decide(1, 2)).toEqual({ path: Int32Array.of(0, 1), token: 0, kind: 'bonus' })
  expect(decide(1, 3, 0)).toEqual({ path: Int32Array.of(0), token: 0, kind: 'corrected' })
  expect(decide()).toEqual({ path: new Int32Array(0), token: 0, kind: 'bonus' })
})

it('lowers the threshold where the target is unsure', () => {
  const flat = new Float32Array(16).fill(1 / 16)
  const draft: Draft = { tokens: Int32Array.of(3), q }
  expect(
    typical().verify(
      draft,
      lawRows(16, draft, () => flat),
      draws,
    ).path,
  ).toHaveLength(1)
  expect(
    typical({ delta: 2 }).verify(
      draft,
      lawRows(16, draft, () => flat),
      draws,
    ).path,
  ).toHaveLength(0)
})

it('takes the longest path of a tree, and the likeliest of the longest', () => {
  const tree = (tokens: number[], parents: number[]): Draft => ({
    tokens: Int32Array.from(tokens),
    parents: Int32Array.from(parents),
    q,
  })
  const verify = (draft: Draft) =>
    typical().verify(
      draft,
      lawRows(4, draft, () => p),
      draws,
    ).path
  expect(verify(tree([0, 2, 1], [-1, -1, 1]))).toEqual(Int32Array.of(1, 2))
  expect(verify(tree([1, 0, 2], [-1, -1, -1]))).toEqual(Int32Array.of(1))
  // A rejected node hides what is below it.
  expect(verify(tree([3, 0, 2], [-1, 0, -1]))).toEqual(Int32Array.of(2))
})

it('draws the next token where it is asked to', () => {
  const draft: Draft = { tokens: Int32Array.of(1), q }
  const rows = lawRows(4, draft, () => p)
  expect(typical({ next: 'sampled' }).verify(draft, rows, draws).token).toBe(3)
  expect(typical().verify(draft, rows, draws).token).toBe(0)
})

it('gives the greedy tokens at temperature 0', async () => {
  for (let seed = 0; seed < 4; seed++) {
    const common = { prompt: Int32Array.of(1, 2, 3), maxTokens: 40 }
    const plain = await generate({ ...common, model: toyModel({ vocabularySize: 5, seed }) })
    const drafter = randomDrafter({ vocabularySize: 5, width: 2, seed })
    const fast = await generate({
      ...common,
      model: toyModel({ vocabularySize: 5, seed }),
      drafter,
      verifier: typical(),
    })
    expect(fast.tokenIds).toEqual(plain.tokenIds)
    expect(fast.guarantee).toBe('lossy')
  }
  expect(typical().verify).not.toBe(matchWalk)
})

it('refuses options it does not know', () => {
  for (const options of [{ epsilon: 0 }, { epsilon: 2 }, { delta: -1 }, { next: 'best' as 'greedy' }, { alpha: 1 }]) {
    let error: unknown
    try {
      typical(options)
    } catch (caught) {
      error = caught
    }
    expect(ForetokenError.is(error) && error.code).toBe('BAD_OPTION')
  }
})
