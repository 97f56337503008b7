import { categorical, rng } from '@foretoken/core'
import { chiSquare } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { rankShare } from './rank-share.ts'

const law = Float32Array.of(0.5, 0.2, 0.2, 0.1)
const even = new Float64Array(20).fill(1 / 20)

it('orders by falling probability, then by id', () => {
  expect(rankShare(law, 0, 0.5)).toBeCloseTo(0.25, 6)
  expect(rankShare(law, 1, 0)).toBeCloseTo(0.5, 6)
  expect(rankShare(law, 2, 0)).toBeCloseTo(0.7, 6)
  expect(rankShare(law, 3, 0.5)).toBeCloseTo(0.95, 6)
})

it.each([
  ['of the law', law, (p: number) => p > 0.001],
  ['of another law', Float32Array.of(0.4, 0.3, 0.2, 0.1), (p: number) => p < 1e-6],
])('is uniform for draws %s or not', (_, drawn, expected) => {
  const { uniform } = rng(3)
  const counts = new Float64Array(20)
  for (let i = 0; i < 20_000; i++) {
    const token = categorical(drawn, uniform(0, i))
    counts[Math.floor(20 * rankShare(law, token, uniform(1, i)))]!++
  }
  expect(expected(chiSquare(counts, even).pValue)).toBe(true)
})
