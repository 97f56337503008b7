import fc from 'fast-check'
import { expect, it } from 'vitest'
import { categorical } from './categorical.ts'
import { ForetokenError } from './errors.ts'
import { argmax, logSumExp, maximum, softmax } from './softmax.ts'

const logits = fc
  .array(
    fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ min: -50, max: 50, noNaN: true }), fc.constant(-Infinity)),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .filter((list) => list.some((value) => value > -Infinity))

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (ForetokenError.is(error)) return error.code
  }
  return 'none'
}

it('finds the first of the largest values', () => {
  fc.assert(
    fc.property(logits, (list) => {
      const values = Float32Array.from(list)
      expect(argmax(values)).toBe(values.indexOf(Math.max(...values)))
      expect(maximum(values)).toBe(Math.max(...values))
    }),
  )
})

it('gives a law that sums to 1 and keeps ratios', () => {
  fc.assert(
    fc.property(logits, fc.double({ min: 0.1, max: 4, noNaN: true }), (list, temperature) => {
      const values = Float64Array.from(Float32Array.from(list))
      const p = new Float64Array(values.length)
      const normaliser = softmax(values, temperature, p)
      expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
      values.forEach((value, x) => {
        expect(p[x]).toBeCloseTo(Math.exp(value / temperature - normaliser), 12)
      })
      expect(normaliser).toBeCloseTo(logSumExp(values, temperature), 12)
    }),
  )
})

it('may work in place', () => {
  const values = Float32Array.of(1, 2, 3)
  const p = new Float32Array(3)
  softmax(values, 1, p)
  softmax(values, 1, values)
  expect(values).toEqual(p)
})

it('refuses rows without a possible token and rows that are not finite', () => {
  const masked = Float32Array.of(-Infinity, -Infinity)
  expect(codeOf(() => argmax(masked))).toBe('EMPTY_SUPPORT')
  expect(codeOf(() => argmax(Float32Array.of(Number.NaN)))).toBe('EMPTY_SUPPORT')
  expect(codeOf(() => softmax(masked, 1, masked))).toBe('EMPTY_SUPPORT')
  expect(codeOf(() => logSumExp(masked))).toBe('EMPTY_SUPPORT')
  for (const bad of [Number.NaN, Infinity]) {
    expect(codeOf(() => softmax(Float32Array.of(0, bad), 1, new Float32Array(2)))).toBe('BACKEND_FAILED')
    expect(codeOf(() => logSumExp(Float32Array.of(0, bad)))).toBe('BACKEND_FAILED')
  }
})

it('draws tokens in proportion to their weights and never an impossible one', () => {
  const weights = Float64Array.of(0, 1, 0, 2, 1, 0)
  const draws = Array.from({ length: 8 }, (_, k) => categorical(weights, (k + 0.5) / 8, 4))
  expect(draws).toEqual([1, 1, 3, 3, 3, 3, 4, 4])
  expect([0.25, 0.5, 0.75].map((u) => categorical(weights, u, 4))).toEqual([3, 3, 4])
  expect(categorical(weights, 0, 4)).toBe(1)
  expect(categorical(weights, 1 - 2 ** -53, 4.1)).toBe(4)
  expect(categorical(new Float64Array(3), 0.5)).toBe(-1)
})
