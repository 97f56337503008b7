import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { typical } from './sampler.ts'

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
    fc.property(anyLogits, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (values, mass) => {
      const probabilities = law(values)
      const entropy = probabilities.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0)
      const distance = probabilities.map((p) => Math.abs(-Math.log(p) - entropy))
      const order = [...values.keys()].sort((a, b) => distance[a]! - distance[b]!)
      const sums: number[] = []
      for (const x of order) sums.push((sums.at(-1) ?? 0) + probabilities[x]!)
      fc.pre(sums.every((sum) => Math.abs(sum - mass) > 1e-9))
      const last = order[sums.findIndex((sum) => sum >= mass)]!
      const row = Float32Array.from(values)
      typical(mass).apply(row)
      // Distances that differ by rounding alone are ties.
      fc.pre(
        distance.every(
          (d, x) => d === distance[last] || Math.abs(d - distance[last]!) > 1e-5 || values[x] === values[last],
        ),
      )
      expect([...row]).toEqual(values.map((value, x) => (distance[x]! <= distance[last]! + 1e-9 ? value : -Infinity)))
    }),
  )
})

it('may drop the most probable token', () => {
  const probabilities = [0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
  const row = Float32Array.from(probabilities, Math.log)
  typical(0.4).apply(row)
  expect(row[0]).toBe(-Infinity)
  expect([...row.subarray(1)].every(Number.isFinite)).toBe(true)
})

it('ignores masked tokens', () => {
  const row = Float32Array.of(-Infinity, 2, -Infinity)
  typical(0.5).apply(row)
  expect(row).toEqual(Float32Array.of(-Infinity, 2, -Infinity))
})

it('refuses bad values with a typed error', () => {
  for (const value of [0, -0.1, 1.1, Number.NaN]) {
    const act = () => typical(value as number)
    expect(act).toThrow(ForetokenError)
    expect(act).toThrow(/typical/)
  }
})
