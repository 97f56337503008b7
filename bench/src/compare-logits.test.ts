import { expect, it } from 'vitest'
import { comparator } from './compare-logits.ts'

const logits = (...probabilities: number[]): Float32Array => Float32Array.from(probabilities, (p) => Math.log(p) + 3)

it('finds nothing between equal distributions', () => {
  const both = comparator()
  both.add(logits(0.5, 0.25, 0.25), logits(0.5, 0.25, 0.25), 1)
  const { divergence, ...rest } = both.result()
  expect(divergence).toBeCloseTo(0, 7)
  expect(rest.agreement).toBe(1)
  expect(rest.perplexity.reference).toBeCloseTo(4, 5)
  expect(rest.perplexity.candidate).toBeCloseTo(4, 5)
})

it('averages over positions', () => {
  const both = comparator()
  both.add(logits(0.5, 0.5), logits(0.25, 0.75), 0)
  both.add(logits(0.9, 0.1), logits(0.9, 0.1))
  const { positions, divergence, agreement, perplexity } = both.result()
  expect(positions).toBe(2)
  expect(divergence).toBeCloseTo((0.5 * Math.log(2) + 0.5 * Math.log(2 / 3)) / 2, 6)
  expect(agreement).toBe(0.5)
  expect(perplexity.reference).toBeCloseTo(2, 5)
  expect(perplexity.candidate).toBeCloseTo(4, 5)
})
