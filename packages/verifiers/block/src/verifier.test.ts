import { type Draft, ForetokenError, type TargetRows, type Verifier } from '@foretoken/core'
import { lawRows, measuredAcceptance, runSuite, testVerifier } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { block } from './verifier.ts'

const p = Float32Array.of(0.25, 0.75)
const q = Float32Array.of(0.75, 0.25)
const chain = (...tokens: number[]): Draft => ({
  tokens: Int32Array.from(tokens),
  q: { kind: 'dense', rows: Float32Array.from(tokens.flatMap(() => [...q])) },
})

it('keeps the longest prefix whose test succeeds, past one that fails', () => {
  const draft = chain(0, 1)
  // w = 1/3, then 1: the second test always succeeds, and h_1 = 0.
  const draws = { sample: () => 0, accept: (offset: number) => (offset === 0 ? 0.9 : 0.999), correct: () => 0 }
  const outcome = block().verify(
    draft,
    lawRows(2, draft, () => p),
    draws,
  )
  expect(outcome).toMatchObject({ path: Int32Array.of(0, 1), kind: 'bonus' })
})

it('looks at no row beyond the first token that the target excludes', () => {
  const draft = chain(0, 0, 1)
  const asked: number[] = []
  const rows = lawRows(2, draft, () => Float32Array.of(0, 1))
  const watched: TargetRows = {
    ...rows,
    probability(node, token) {
      asked.push(node)
      return rows.probability(node, token)
    },
  }
  block().verify(draft, watched, { sample: () => 0, accept: () => 0.5, correct: () => 0 })
  expect(asked).toEqual([-1])
})

it('refuses trees and more candidates than a chain has', () => {
  const tree: Draft = { tokens: Int32Array.of(0, 1), parents: Int32Array.of(-1, -1), q: { kind: 'point-mass' } }
  const draws = { sample: () => 0, accept: () => 0, correct: () => 0 }
  const refused = (run: () => unknown): unknown => {
    try {
      return run()
    } catch (error) {
      return ForetokenError.is(error) && [error.code, error.message.includes('block')]
    }
  }
  expect(
    refused(() =>
      block().verify(
        tree,
        lawRows(2, tree, () => p),
        draws,
      ),
    ),
  ).toEqual(['INVALID_DRAFT', true])
  expect(refused(() => block().acceptance!(p, q, 2))).toEqual(['BAD_OPTION', true])
})

it('keeps the first token of a chain of any length as often as it says', async () => {
  for (const parents of [[-1], [-1, 0], [-1, 0, 1]]) {
    const form = { kind: 'dense', parents } as const
    const measured = await measuredAcceptance({ verifier: block(), vocabularySize: 2, p: () => p, q: () => q, form })
    expect(measured).toBeCloseTo(block().acceptance!(p, q, 1), 12)
  }
})

/** Names of the contract's tests that fail. */
async function failures(verify: Verifier['verify']): Promise<string> {
  const create = (): Verifier => ({ ...block(), verify })
  const results = await runSuite((runner) => testVerifier(runner, { create, takesTrees: false }))
  return results.flatMap(({ name, error }) => (error === undefined ? [] : [name])).join('\n')
}

it('is caught when it is biased', async () => {
  const { verify } = block()
  expect(await failures(verify)).toBe('')
  const eager = await failures((draft, target, draws) =>
    verify(draft, target, { ...draws, accept: (offset, index) => draws.accept(offset, index) * 0.999 }),
  )
  expect(eager).toMatch(/keeps the law/)
  const small = await failures((draft, target, draws) =>
    verify(draft, { ...target, probability: (node, token) => 0.999 * target.probability(node, token) }, draws),
  )
  expect(small).toMatch(/keeps the law with a dense chain of 2/)
})
