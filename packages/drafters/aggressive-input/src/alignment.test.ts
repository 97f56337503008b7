import fc from 'fast-check'
import { expect, it } from 'vitest'
import { alignment } from './alignment.ts'

it('finds the one place after the shortest end that has only one', () => {
  const { align } = alignment(Int32Array.of(5, 6, 7, 5, 8), 3)
  expect(align([1, 6])).toBe(2)
  expect(align([7, 5])).toBe(4)
  expect(align([9])).toBe(-1)
  expect(align([4, 5])).toBe(-1)
  expect(align([5])).toBe(-1)
  expect(align([])).toBe(-1)
  expect(align([8])).toBe(5)
})

it('takes the nearest of several places when it is told from where', () => {
  const { align } = alignment(Int32Array.of(5, 6, 7, 5, 8, 5, 6), 3)
  expect(align([5], 0)).toBe(1)
  expect(align([5], 2)).toBe(4)
  // The longer end decides: "5 6" goes on at 2 and at 7.
  expect(align([5, 6], 0)).toBe(2)
  expect(align([9, 5, 6], 3)).toBe(7)
  expect(align([5], 7)).toBe(-1)
})

/** The definition, by reading the input. */
function scan(input: readonly number[], most: number, tail: readonly number[], from: number | undefined): number {
  let found = -1
  for (let n = 1; n <= Math.min(most, tail.length); n++) {
    const ends = input
      .map((_, i) => i + 1)
      .filter((end) => end >= n && tail.slice(-n).every((t, k) => input[end - n + k] === t))
    if (ends.length === 0) return found
    if (ends.length === 1) return ends[0]!
    if (from !== undefined) found = ends.find((end) => end >= from) ?? found
  }
  return found
}

it('finds what a scan of the input finds', () => {
  const tokens = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 3 }), { maxLength })
  const from = fc.option(fc.nat(30), { nil: undefined })
  fc.assert(
    fc.property(tokens(30), tokens(6), fc.integer({ min: 1, max: 5 }), from, (input, tail, most, start) => {
      const found = alignment(Int32Array.from(input), most).align(tail, start)
      expect(found).toBe(scan(input, most, tail, start))
    }),
    { numRuns: 1000 },
  )
})

it('tells n-grams of large token ids apart', () => {
  const { align } = alignment(Int32Array.of(262143, 0, 7, 131072, 1, 262143, 1), 2)
  expect(align([262143])).toBe(-1)
  expect(align([262143, 1])).toBe(7)
  expect(align([131072, 1])).toBe(5)
  expect(align([0, 1])).toBe(-1)
})
