import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { topK } from './sampler.ts'

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

it('keeps what a full sort keeps', () => {
  fc.assert(
    fc.property(anyLogits, fc.integer({ min: 1, max: 45 }), (values, k) => {
      const row = Float32Array.from(values)
      topK(k).apply(row)
      const kth = [...values].sort((a, b) => b - a)[Math.min(k, values.length) - 1]!
      expect([...row]).toEqual(values.map((value) => (value >= kth ? value : -Infinity)))
    }),
  )
})

it('keeps ties with the last one', () => {
  const row = Float32Array.of(3, 1, 1, 0)
  topK(2).apply(row)
  expect(row).toEqual(Float32Array.of(3, 1, 1, -Infinity))
})

it('refuses bad values with a typed error', () => {
  for (const value of [0, -1, 1.5, Number.NaN, undefined]) {
    const act = () => topK(value as number)
    expect(act).toThrow(ForetokenError)
    expect(act).toThrow(/topK/)
  }
})
