import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { minP } from './sampler.ts'

/** Logits with ties and masked tokens, at least one possible. */
const anyLogits = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -40, max: 40 }).map((n) => n / 4) },
      { weight: 1, arbitrary: fc.constant(-Infinity) },
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .filter((row) => row.some(Number.isFinite))

/** Softmax in float64. */
function law(logits: readonly number[]): number[] {
  const top = Math.max(...logits)
  const weights = logits.map((logit) => Math.exp(logit - top))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}

it('keeps what the definition keeps', () => {
  fc.assert(
    fc.property(anyLogits, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, ratio) => {
      const probabilities = law(values)
      const best = Math.max(...probabilities)
      fc.pre(probabilities.every((p) => Math.abs(p - ratio * best) > 1e-12 || ratio === 1))
      const row = Float32Array.from(values)
      minP(ratio).apply(row)
      expect([...row]).toEqual(values.map((value, x) => (probabilities[x]! >= ratio * best ? value : -Infinity)))
    }),
  )
})

it('keeps the best tokens only at 1', () => {
  const row = Float32Array.of(2, 5, 5, 1)
  minP(1).apply(row)
  expect(row).toEqual(Float32Array.of(-Infinity, 5, 5, -Infinity))
})

it('refuses bad values with a typed error', () => {
  for (const value of [0, -0.1, 1.1, Number.NaN]) {
    const act = () => minP(value as number)
    expect(act).toThrow(ForetokenError)
    expect(act).toThrow(/minP/)
  }
})
