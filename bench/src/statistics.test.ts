import { expect, it } from 'vitest'
import { median, medianRatio, quantile, rotated } from './statistics.ts'

it('takes the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
  expect(quantile([0, 10], 0.25)).toBe(2.5)
})

it('compares pairs, not medians', () => {
  expect(medianRatio([10, 2, 30], [5, 1, 10])).toBe(2)
})

it('rotates', () => {
  expect(rotated([1, 2, 3], 4)).toEqual([2, 3, 1])
  expect(rotated([], 4)).toEqual([])
})
