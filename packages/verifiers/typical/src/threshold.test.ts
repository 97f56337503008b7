import { numbers } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { entropy, threshold } from './threshold.ts'

it('is what the paper computes by hand', () => {
  const p = Float64Array.of(0.5, 0.3, 0.15, 0.05)
  expect(entropy(p)).toBeCloseTo(1.142, 3)
  expect(threshold(p, 0.09, 0.3)).toBe(0.09)
  expect(threshold(new Float64Array(4).fill(0.25), 0.09, 0.3)).toBeCloseTo(0.075, 5)
  expect(entropy(new Float64Array(32_000).fill(1 / 32_000))).toBeCloseTo(10.096, 3)
})

it('agrees with the definition where most tokens are improbable', () => {
  const next = numbers(1)
  for (let repeat = 0; repeat < 50; repeat++) {
    const weights = Float64Array.from({ length: 500 }, () => Math.exp(-40 * next()))
    const sum = weights.reduce((a, b) => a + b, 0)
    const p = weights.map((weight) => weight / sum)
    const exact = p.reduce((total, share) => total - share * Math.log(share + 1e-5), 0)
    expect(entropy(p)).toBeCloseTo(exact, 9)
  }
})

it('refuses nothing certain: a point mass has entropy 0', () => {
  expect(threshold(Float64Array.of(0, 1, 0), 0.09, 0.3)).toBe(0.09)
})
