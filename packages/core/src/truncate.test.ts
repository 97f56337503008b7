import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rng } from './rng.ts'
import { largest, MASS_CUT_SCRATCH, maskBelow, massCut } from './truncate.ts'

const floats = fc.array(
  fc.oneof(fc.integer({ min: -4, max: 4 }), fc.float({ noNaN: true }), fc.constant(Number.NEGATIVE_INFINITY)),
  { minLength: 1, maxLength: 60 },
)

it('cuts where sorted weights reach the goal', () => {
  const scratch = new Float64Array(MASS_CUT_SCRATCH)
  fc.assert(
    fc.property(
      floats,
      fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 1, max: 300 }),
      (list, integers, goal) => {
        const keys = Float32Array.from(list)
        const weights = Float64Array.from(integers.slice(0, keys.length))
        const order = [...keys.keys()].sort((a, b) => keys[b]! - keys[a]!)
        let sum = 0
        const expected = order.find((i) => {
          sum += weights[i]!
          return sum >= goal
        })
        const cut = massCut(keys, weights, goal, scratch)
        expect(cut === (expected === undefined ? -Infinity : keys[expected]!)).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
})

it('does not keep everything when rounding makes a later pass miss the goal', () => {
  const scratch = new Float64Array(MASS_CUT_SCRATCH)
  const source = rng(5)
  for (let trial = 0; trial < 2000; trial++) {
    const keys = Float32Array.from({ length: 40 }, (_, i) => (i === 0 ? 0.5 : 1 + i * 2 ** -15))
    const weights = Float64Array.from(keys, (_, i) => source.uniform(0, trial, i))
    const kept = 1 + (trial % 38)
    let goal = 0
    for (let i = keys.length - 1; i >= keys.length - kept; i--) goal += weights[i]!
    expect(massCut(keys, weights, goal, scratch)).toBeGreaterThan(0.5)
  }
})

it('lists the largest values, lower ids first on ties', () => {
  fc.assert(
    fc.property(floats, fc.integer({ min: 1, max: 8 }), (list, n) => {
      const values = Float32Array.from(list)
      const expected = [...values.keys()]
        .filter((i) => values[i]! > -Infinity)
        .sort((a, b) => values[b]! - values[a]! || a - b)
        .slice(0, n)
      const out = new Int32Array(n)
      largest(values, n, out)
      expect([...out].filter((id) => id >= 0)).toEqual(expected)
    }),
  )
})

it('masks what lies below the cut, by other keys if asked', () => {
  const logits = Float32Array.from([1, 2, 3])
  maskBelow(logits, 2)
  expect([...logits]).toEqual([-Infinity, 2, 3])
  maskBelow(logits, 2, Float32Array.from([5, 5, 0]))
  expect([...logits]).toEqual([-Infinity, 2, -Infinity])
})
