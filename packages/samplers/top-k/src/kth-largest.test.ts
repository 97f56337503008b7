import fc from 'fast-check'
import { expect, it } from 'vitest'
import { kthLargest } from './kth-largest.ts'

const floats = fc.array(
  fc.oneof(fc.integer({ min: -4, max: 4 }), fc.float({ noNaN: true }), fc.constant(Number.NEGATIVE_INFINITY)),
  { minLength: 1, maxLength: 60 },
)

it('finds the k-th largest value of a sorted copy', () => {
  fc.assert(
    fc.property(floats, fc.integer({ min: 1, max: 60 }), (list, k) => {
      const values = Float32Array.from(list)
      const sorted = [...values].sort((a, b) => b - a)
      const expected = k >= values.length ? -Infinity : sorted[k - 1]!
      expect(kthLargest(values, k, new Float32Array(k)) === expected).toBe(true)
    }),
  )
})
