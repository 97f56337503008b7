import type { Draft, Verifier } from '@foretoken/core'
import { committedLaw, lawDistance, lawPair, lawRows, plainLaw, runSuite, testVerifier } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { kSeq } from './verifier.ts'

const draws = (accept: number) => ({ sample: () => 0, accept: () => accept, correct: () => 0 })

it('lets every draft that carries the chosen token go on', () => {
  const p = Float32Array.of(0.5, 0.5)
  // Chains 0 0 and 0 1: the first token is the same, so both second tokens are candidates of one position.
  const draft: Draft = {
    tokens: Int32Array.of(0, 0, 0, 1),
    parents: Int32Array.of(-1, 0, -1, 2),
    q: { kind: 'dense', rows: Float32Array.of(0.5, 0.5, 1, 0, 0.5, 0.5, 1, 0) },
  }
  const rows = lawRows(2, draft, (context) => (context.length === 1 ? Float32Array.of(0, 1) : p))
  const matched = kSeq().verify(
    { ...draft, q: { kind: 'point-mass' } },
    { ...rows, sample: (node) => (node < 0 ? 0 : 1) },
    draws(0),
  )
  expect(matched).toEqual({ path: Int32Array.of(2, 3), token: 1, kind: 'bonus' })
  const greedy = { ...rows, isGreedy: true, sample: (node: number) => (node < 0 ? 0 : 1) }
  expect(kSeq().verify(draft, greedy, draws(0)).path).toEqual(Int32Array.of(2, 3))
})

it('leaves candidates of another law aside', () => {
  const draft: Draft = {
    tokens: Int32Array.of(0, 1),
    parents: Int32Array.of(-1, -1),
    q: { kind: 'dense', rows: Float32Array.of(0.75, 0.25, 0.25, 0.75) },
  }
  const outcome = kSeq().verify(
    draft,
    lawRows(2, draft, () => Float32Array.of(0.25, 0.75)),
    draws(0.99),
  )
  expect(outcome).toEqual({ path: Int32Array.of(1), token: 0, kind: 'bonus' })
  const rejected = { ...draws(0.99), correct: () => 0.5 }
  const alone: Draft = { ...draft, tokens: Int32Array.of(0, 0) }
  expect(
    kSeq().verify(
      alone,
      lawRows(2, alone, () => Float32Array.of(0.25, 0.75)),
      rejected,
    ),
  ).toEqual({
    path: new Int32Array(0),
    token: 1,
    kind: 'corrected',
  })
})

it('keeps the law of two chains of two tokens', async () => {
  const form = { kind: 'sparse', parents: [-1, 0, -1, 2] } as const
  for (let seed = 0; seed < 8; seed++) {
    const pair = lawPair('unrelated', seed, 2)
    const law = await committedLaw({ verifier: kSeq(), vocabularySize: 2, form, ...pair })
    expect(lawDistance(law, plainLaw(pair.p, 3))).toBeLessThan(1e-12)
  }
})

it('refuses a q that is no law, whatever it decides', () => {
  const draft: Draft = {
    tokens: Int32Array.of(1, 1),
    parents: Int32Array.of(-1, -1),
    q: { kind: 'dense', rows: Float32Array.of(0.5, 0.9), rowOf: Int32Array.of(0, 0) },
  }
  const rows = lawRows(2, draft, () => Float32Array.of(0.9, 0.1))
  expect(() => kSeq().verify(draft, rows, draws(0.99))).toThrow(/sums to 1.39/)
})

/** Names of the contract's tests that fail. */
async function failures(verify: Verifier['verify']): Promise<string> {
  const create = (): Verifier => ({ ...kSeq(), verify })
  const results = await runSuite((runner) => testVerifier(runner, { create }))
  return results.flatMap(({ name, error }) => (error === undefined ? [] : [name])).join('\n')
}

it('is caught when its factor is off by one in a thousand', async () => {
  const { verify } = kSeq()
  const names = await failures((draft, target, d) =>
    verify(draft, target, { ...d, accept: (offset, index) => d.accept(offset, index) * 0.999 }),
  )
  expect(names).toMatch(/keeps the law with a dense tree with parents -1 -1;/)
})

it('is caught when siblings without replacement are taken for independent ones', async () => {
  const { verify } = kSeq()
  const names = await failures((draft, target, d) => verify({ ...draft, siblings: 'independent' }, target, d))
  expect(names).toMatch(/keeps the law with .* without-replacement/)
  expect(names).not.toMatch(/chain/)
})
