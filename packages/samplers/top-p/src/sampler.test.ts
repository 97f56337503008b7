import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { topP } from './sampler.ts'

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

it('keeps what a full sort keeps', () => {
  fc.assert(
    fc.property(anyLogits, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (values, p) => {
      const probabilities = law(values)
      // A token stays while those strictly above it hold less than p.
      const above = values.map((value) => probabilities.filter((_, y) => values[y]! > value).reduce((a, b) => a + b, 0))
      fc.pre(above.every((mass) => Math.abs(mass - p) > 1e-9))
      const row = Float32Array.from(values)
      topP(p).apply(row)
      expect([...row]).toEqual(values.map((value, x) => (above[x]! < p ? value : -Infinity)))
    }),
  )
})

it('keeps at least the best token, everything at 1', () => {
  const row = Float32Array.of(0, 5, 1)
  topP(1).apply(row)
  expect(row).toEqual(Float32Array.of(0, 5, 1))
  topP(1e-6).apply(row)
  expect(row).toEqual(Float32Array.of(-Infinity, 5, -Infinity))
})

it('refuses bad values with a typed error', () => {
  for (const value of [0, -0.1, 1.1, Number.NaN]) {
    const act = () => topP(value as number)
    expect(act).toThrow(ForetokenError)
    expect(act).toThrow(/topP/)
  }
})
