import type { Draft } from '@foretoken/core'
import { rng, STREAMS } from '@foretoken/core'
import { expect, it } from 'vitest'
import { merge } from './merge.ts'

const one = (token: number): Draft => ({ tokens: Int32Array.of(token), q: { kind: 'point-mass' } })
const uniforms = rng(1)

/** Rounds of two drafters that draft 1 and `other`; `next` decides. @returns The probabilities of the merged nodes at the end. */
function probabilities(other: number, next: (u: number) => number): number[] {
  const merged = merge()
  const settle = (): void => {
    merged.clear()
    merged.add(0, one(1), Float64Array.of(0.5))
    merged.add(1, one(other), Float64Array.of(0.5))
    merged.settle()
  }
  for (let round = 0; round < 500; round++) {
    settle()
    merged.learn(Int32Array.of(next(uniforms.uniform(STREAMS.draft, round))))
  }
  settle()
  return Array.from({ length: merged.count }, (_, place) => merged.probability(place))
}

it('learns that a second opinion is worth little where drafters err together', () => {
  const [first, second] = probabilities(2, (u) => (u < 0.5 ? 1 : 3))
  expect(first).toBeCloseTo(0.5, 0)
  expect(second).toBeLessThan(0.08)
})

it('learns that it is worth much where the second knows what the first does not', () => {
  const [first, second] = probabilities(2, (u) => (u < 0.4 ? 1 : 2))
  expect(Math.min(first!, second!)).toBeGreaterThan(0.3)
})

it('learns what agreement is worth', () => {
  const [agreed] = probabilities(1, (u) => (u < 0.9 ? 1 : 3))
  expect(agreed).toBeGreaterThan(0.75)
})

it('believes a drafter that is alone', () => {
  const merged = merge()
  for (let round = 0; round < 100; round++) {
    merged.clear()
    merged.add(0, one(1), Float64Array.of(0.5))
    merged.settle()
    merged.learn(Int32Array.of(2))
  }
  merged.add(0, one(1), Float64Array.of(0.5))
  merged.settle()
  expect(merged.probability(0)).toBe(0.5)
})
