import fc from 'fast-check'
import { expect, it } from 'vitest'
import { largestTokens } from './largest-tokens.ts'

/** The definition: sort everything. */
function sorted(row: readonly number[], k: number): number[] {
  const ids = row.map((_, id) => id).filter((id) => row[id]! > -Infinity)
  ids.sort((a, b) => row[b]! - row[a]! || a - b)
  return Array.from({ length: k }, (_, i) => ids[i] ?? -1)
}

it('gives what a full sort gives, with ties, masked tokens and NaN, at every length and k', () => {
  const value = fc.oneof(
    fc.constantFrom(-Infinity, Number.NaN, -1, 0, 0.5, 1),
    fc.float({ noNaN: true, min: -9, max: 9 }),
  )
  const row = fc.array(value, { minLength: 1, maxLength: 90 })
  fc.assert(
    fc.property(row, fc.integer({ min: 1, max: 12 }), (values, k) => {
      const ids = new Int32Array(k)
      const logits = Float32Array.from(values)
      largestTokens(logits, ids, new Float32Array(k))
      expect([...ids]).toEqual(sorted([...logits], k))
    }),
    { numRuns: 500 },
  )
})
