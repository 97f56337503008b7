import type { Law } from '@foretoken/core'
import { lawPair, numbers, PAIR_FAMILIES } from '@foretoken/testkit'
import { kSeq } from '@foretoken/verifier-k-seq'
import { recursiveRejection } from '@foretoken/verifier-recursive-rejection'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { expect, it } from 'vitest'
import { transportBound } from './transport-bound.ts'

type Siblings = 'independent' | 'without-replacement'

const p = Float64Array.of(0.5, 0.3, 0.2)
const q = Float64Array.of(0.2, 0.5, 0.3)

it('is what was computed by hand', () => {
  expect(transportBound(p, q, 1)).toBeCloseTo(0.7, 12)
  expect(transportBound(p, q, 2)).toBeCloseTo(0.86, 12)
  const [certain, even] = [Float64Array.of(1, 0), Float64Array.of(0.5, 0.5)]
  expect(transportBound(certain, even, 2)).toBeCloseTo(0.75, 12)
  expect(transportBound(certain, even, 2, 'without-replacement')).toBeCloseTo(1, 12)
})

/** Every tuple of candidates with its probability, and every set of tokens. */
function slow(p: Law, q: Law, k: number, siblings: Siblings): number {
  const tuples: { tokens: number[]; probability: number }[] = []
  const draw = (tokens: number[], probability: number, left: number): void => {
    if (tokens.length === k || left < 1e-12) return void tuples.push({ tokens, probability })
    for (const [x, share] of q.entries()) {
      if (share === 0 || (siblings === 'without-replacement' && tokens.includes(x))) continue
      const rest = siblings === 'without-replacement' ? left - share : 1
      draw([...tokens, x], (probability * share) / left, rest)
    }
  }
  draw([], 1, 1)
  let best = 0
  for (let set = 0; set < 2 ** p.length; set++) {
    const holds = (x: number): boolean => ((set >> x) & 1) === 1
    let excess = 0
    for (const { tokens, probability } of tuples) if (tokens.every(holds)) excess += probability
    for (const [x, share] of p.entries()) if (holds(x)) excess -= share
    best = Math.max(best, excess)
  }
  return 1 - best
}

it('is the minimum cut, on pairs that are hard in some way', () => {
  for (const family of PAIR_FAMILIES) {
    for (let seed = 0; seed < 25; seed++) {
      const size = 2 + (seed % 4)
      const pair = lawPair(family, seed, size)
      const [p, q] = [pair.p([]), pair.q([])]
      for (const siblings of ['independent', 'without-replacement'] as const) {
        for (const k of [1, 2, 3]) {
          expect(transportBound(p, q, k, siblings)).toBeCloseTo(slow(p, q, k, siblings), 12)
        }
      }
    }
  }
})

it('bounds every verifier, and k-SEQ reaches the share of it that its theorem says', () => {
  for (const family of PAIR_FAMILIES) {
    for (let seed = 0; seed < 40; seed++) {
      const pair = lawPair(family, 50 + seed, 4)
      const [p, q] = [pair.p([]), pair.q([])]
      for (const k of [1, 2, 3, 4]) {
        const bound = transportBound(p, q, k) + 1e-12
        expect(speculativeSampling().acceptance!(p, q, k)).toBeLessThanOrEqual(bound)
        const reached = kSeq().acceptance!(p, q, k)
        expect(reached).toBeLessThanOrEqual(bound)
        expect(reached).toBeGreaterThanOrEqual((1 - (1 - 1 / k) ** k) * (bound - 2e-12))
        const without = transportBound(p, q, k, 'without-replacement') + 1e-12
        expect(recursiveRejection().acceptance!(p, q, k)).toBeLessThanOrEqual(without)
      }
    }
  }
})

function weights(size: number, next: () => number): Float64Array {
  const law = Float64Array.from({ length: size }, () => next() ** 6 + 1e-6)
  const sum = law.reduce((a, b) => a + b, 0)
  return law.map((weight) => weight / sum)
}

it('stays an upper bound, and a close one, where it is not exact', () => {
  const next = numbers(9)
  for (let repeat = 0; repeat < 40; repeat++) {
    const [p, q] = [weights(14, next), weights(14, next)]
    for (const k of [2, 3]) {
      const exact = transportBound(p, q, k, 'without-replacement')
      // A token more, of next to no mass: too many for every set.
      const grown = (law: Law) => Float64Array.of(...law.map((share) => share * (1 - 1e-9)), 1e-9)
      const bound = transportBound(grown(p), grown(q), k, 'without-replacement')
      expect(bound).toBeGreaterThanOrEqual(exact - 1e-6)
      expect(bound - exact).toBeLessThan(k === 2 ? 0.01 : 0.05)
    }
  }
})

it('sorts ratios that float32 cannot tell apart', () => {
  const next = numbers(2)
  const q = weights(40, next)
  const p = q.map((share) => share * (1 + 1e-9 * next()))
  const best = { value: 0, drawn: 0, target: 0 }
  const order = Array.from(q.keys()).sort((a, b) => q[b]! / p[b]! - q[a]! / p[a]!)
  for (const x of order) {
    best.drawn += q[x]!
    best.target += p[x]!
    best.value = Math.max(best.value, best.drawn ** 2 - best.target)
  }
  expect(transportBound(p, q, 2)).toBeCloseTo(1 - best.value, 14)
})

it('refuses laws of different vocabularies and no candidates', () => {
  expect(() => transportBound(p, Float64Array.of(1), 1)).toThrow(/has 1 tokens/)
  expect(() => transportBound(p, q, 0)).toThrow(/candidates/)
})
