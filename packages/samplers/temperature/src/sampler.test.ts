import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { temperature } from './sampler.ts'

it('divides every logit and leaves masked ones masked', () => {
  const row = Float32Array.of(1, -2, 3, -Infinity)
  temperature(0.5).apply(row)
  expect(row).toEqual(Float32Array.of(2, -4, 6, -Infinity))
})

it('changes no bit at 1 and keeps the order at any value', () => {
  const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 })
  fc.assert(
    fc.property(fc.array(finite, { minLength: 2 }), fc.double({ min: 0.05, max: 20, noNaN: true }), (values, heat) => {
      const row = Float32Array.from(values)
      temperature(1).apply(row)
      expect(row).toEqual(Float32Array.from(values))
      temperature(heat).apply(row)
      for (let i = 1; i < row.length; i++)
        if (values[i]! >= values[i - 1]!) expect(row[i]).toBeGreaterThanOrEqual(row[i - 1]!)
    }),
  )
})

it('refuses bad values with a typed error', () => {
  for (const value of [0, -1, Number.NaN, Infinity]) {
    const act = () => temperature(value as number)
    expect(act).toThrow(ForetokenError)
    expect(act).toThrow(/temperature/)
  }
})
