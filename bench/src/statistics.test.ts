import { rng, STREAMS } from '@foretoken/core'
import { expect, it } from 'vitest'
import { bootstrap, grouped, median, medianRatio, quantile, rotated } from './statistics.ts'

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

it('groups in order of appearance', () => {
  expect([...grouped(['b1', 'a1', 'b2'], (text) => text[0])]).toEqual([
    ['b', ['b1', 'b2']],
    ['a', ['a1']],
  ])
})

it('bootstraps the mean of a sample to about two standard errors, the same each time', () => {
  const { uniform } = rng(5)
  const values = Array.from({ length: 400 }, (_, i) => uniform(STREAMS.sample, i))
  const mean = (indexes: Iterable<number>): number => {
    const drawn = Array.from(indexes, (i) => values[i]!)
    return drawn.reduce((sum, value) => sum + value, 0) / drawn.length
  }
  const [low, high] = bootstrap(400, mean, { seed: 1 })
  const [centre, error] = [mean(values.keys()), Math.sqrt(1 / 12 / 400)]
  expect((low - centre) / error).toBeCloseTo(-1.96, 0)
  expect((high - centre) / error).toBeCloseTo(1.96, 0)
  expect(bootstrap(400, mean, { seed: 1 })).toEqual([low, high])
  expect(bootstrap(400, mean, { seed: 2 })).not.toEqual([low, high])
})

it('bootstraps nothing of a statistic that is never a number', () => {
  expect(bootstrap(3, () => Number.NaN, { seed: 1 })).toEqual([Number.NaN, Number.NaN])
})
