import { type Draft, generate } from '@foretoken/core'
import { lawRows, randomDrafter, testVerifier, toyModel, toyTable } from '@foretoken/testkit'
import { kSeq } from '@foretoken/verifier-k-seq'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { describe, expect, it } from 'vitest'
import { metered } from './metered.ts'
import { transportBound } from './transport-bound.ts'

testVerifier({ describe, it }, { create: () => metered(speculativeSampling()) })

const p = Float32Array.of(0.5, 0.25, 0.25)
const q = Float32Array.of(0.25, 0.5, 0.25)
const draws = (accept: number) => ({ sample: () => 0, accept: () => accept, correct: () => 0 })

function siblings(tokens: number[], how: Draft['siblings']): Draft {
  const nodes = tokens.length
  return {
    tokens: Int32Array.from(tokens),
    parents: new Int32Array(nodes).fill(-1),
    q: { kind: 'dense', rows: q, rowOf: new Int32Array(nodes) },
    ...(how && { siblings: how }),
  }
}

it('adds up the bounds of the positions that were tested, and of no other', () => {
  const verifier = metered(speculativeSampling())
  const chain: Draft = { tokens: Int32Array.of(1, 0), q: { kind: 'dense', rows: Float32Array.of(...q, ...q) } }
  const rows = lawRows(3, chain, () => p)
  verifier.verify(chain, rows, draws(0.9))
  expect(verifier.meter()).toEqual({ tested: 1, accepted: 0, bound: 0.75, share: 0 })
  verifier.verify(chain, rows, draws(0))
  expect(verifier.meter()).toEqual({ tested: 3, accepted: 2, bound: 2.25, share: 2 / 2.25 })
  verifier.verify({ tokens: new Int32Array(0), q: { kind: 'point-mass' } }, rows, draws(0))
  expect(verifier.meter().tested).toBe(3)
  verifier.reset()
  expect(verifier.meter()).toEqual({ tested: 0, accepted: 0, bound: 0, share: 0 })
})

it('knows how the siblings were drawn', () => {
  for (const how of ['independent', 'without-replacement'] as const) {
    const verifier = metered(recursiveRejection())
    const draft = siblings([1, 2], how)
    verifier.verify(
      draft,
      lawRows(3, draft, () => p),
      draws(0.99),
    )
    expect(verifier.meter().bound).toBeCloseTo(transportBound(p, q, 2, how), 12)
  }
})

it('counts the candidates of a position in every branch, and each token of a point mass once', () => {
  // Chains 0 1 and 0 2, drawn apart from equal laws.
  const draft: Draft = {
    tokens: Int32Array.of(0, 1, 0, 2),
    parents: Int32Array.of(-1, 0, -1, 2),
    q: { kind: 'dense', rows: Float32Array.of(...q, ...q, ...q, ...q) },
  }
  const verifier = metered(kSeq())
  verifier.verify(
    draft,
    lawRows(3, draft, () => p),
    draws(0),
  )
  expect(verifier.meter().bound).toBeCloseTo(2 * transportBound(p, q, 2), 12)
  const chosen: Draft = { ...siblings([1, 1, 2], undefined), q: { kind: 'point-mass' } }
  verifier.reset()
  verifier.verify(
    chosen,
    lawRows(3, chosen, () => p),
    draws(0),
  )
  expect(verifier.meter().bound).toBe(0.5)
})

it('reaches all of the bound with one candidate, on average, and at temperature 0 exactly', async () => {
  const verifier = metered(speculativeSampling())
  const logits = toyTable({ vocabularySize: 6, seed: 1 })
  for (let seed = 0; seed < 300; seed++) {
    const model = toyModel({ vocabularySize: 6, logits })
    const drafter = randomDrafter({ vocabularySize: 6, levels: 3, seed: 4 })
    await generate({ model, prompt: Int32Array.of(1), drafter, verifier, temperature: 1, seed, maxTokens: 40 })
  }
  const { tested, share } = verifier.meter()
  // Four standard errors of the accepted count, at most √tested / 2.
  expect(Math.abs(share - 1)).toBeLessThan((4 * Math.sqrt(tested)) / 2 / verifier.meter().bound)
  verifier.reset()
  const drafter = randomDrafter({ vocabularySize: 6, levels: 3, width: 2, seed: 4 })
  await generate({
    model: toyModel({ vocabularySize: 6, logits }),
    prompt: Int32Array.of(1),
    drafter,
    verifier,
    maxTokens: 60,
  })
  expect(verifier.meter().accepted).toBe(verifier.meter().bound)
  expect(verifier.meter().accepted).toBeGreaterThan(0)
})
