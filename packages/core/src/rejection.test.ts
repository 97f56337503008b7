import fc from 'fast-check'
import { expect, it } from 'vitest'
import { accepts, residual, withoutRejected } from './rejection.ts'

const law = fc.array(fc.nat(9), { minLength: 5, maxLength: 5 }).map((counts) => {
  const total = counts.reduce((a, b) => a + b, 0)
  return Float64Array.from(counts, (count) => (total === 0 ? 0.2 : count / total))
})

it('leaves [p − q]+ and its mass, which is the probability of rejection', () => {
  fc.assert(
    fc.property(law, law, (p, q) => {
      const out = new Float64Array(5)
      const mass = residual(p, q, 1, out)
      let rejection = 1
      p.forEach((probability, x) => {
        expect(out[x]).toBe(Math.max(0, probability - q[x]!))
        rejection -= Math.min(probability, q[x]!)
      })
      expect(mass).toBeCloseTo(rejection, 12)
      expect(residual(p, q, 1, p)).toBe(mass)
      expect(p).toEqual(out)
    }),
  )
})

it('never accepts what the target excludes, and always what it likes at least as much', () => {
  expect(accepts(0, 0.5, 0)).toBe(false)
  expect(accepts(0.5, 0.5, 1 - 2 ** -53)).toBe(true)
  expect(accepts(0.25, 0.5, 0.5)).toBe(false)
})

it('refuses rows that are no law', () => {
  const p = Float64Array.of(0.5, 0.5)
  const out = new Float64Array(2)
  for (const q of [
    [-0.5, 1.5],
    [0.5, 0.6],
    [0.5, Number.NaN],
    [Infinity, 0],
  ]) {
    expect(() => residual(p, Float64Array.from(q), 1, out)).toThrow(/a probability law was expected/)
  }
})

it('puts p without the rejected tokens in place of an empty residual, or p itself', () => {
  const p = Float64Array.of(0.5, 0.25, 0.25)
  const out = new Float64Array(3)
  expect(withoutRejected(p, [0], out)).toBe(0.5)
  expect([...out]).toEqual([0, 0.25, 0.25])
  expect(withoutRejected(p, [0, 1, 2], out)).toBe(1)
  expect([...out]).toEqual([...p])
})
