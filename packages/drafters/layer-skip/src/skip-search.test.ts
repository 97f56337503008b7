import { numbers } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type SkipSearchOptions, skipSearch } from './skip-search.ts'

const SUB_LAYERS = 24

/** What skipping each sub-layer costs, and the set of `size` that costs least. */
function toy(seed: number, size: number) {
  const next = numbers(seed)
  const costs = Array.from({ length: SUB_LAYERS }, () => next() ** 2 / 8)
  const free = [...costs.keys()].slice(2, -2).sort((a, b) => costs[a]! - costs[b]!)
  const best = new Uint8Array(SUB_LAYERS)
  for (const i of free.slice(0, size)) best[i] = 1
  return { best, score: (set: Uint8Array) => 1 - costs.reduce((sum, cost, i) => sum + cost * set[i]!, 0) }
}

function found(seed: number, options: SkipSearchOptions) {
  const search = skipSearch(SUB_LAYERS, { ratio: 0.3, enough: 1, seed, ...options })
  const { best, score } = toy(seed, 6)
  search.rescore(score(search.best))
  while (!search.isOver) {
    const before = search.bestScore
    const set = search.propose()
    expect(set.reduce((sum, entry) => sum + entry, 0)).toBe(6)
    expect([set[0], set[1], set.at(-2), set.at(-1)]).toEqual([0, 0, 0, 0])
    search.learn(score(set))
    expect(search.bestScore).toBe(Math.max(before, score(set)))
  }
  return { set: search.best, score: search.bestScore, best, bestScore: score(best) }
}

// 38,760 sets of 6 of 20 sub-layers.
it('finds the best set of a toy, which chance does not', () => {
  for (const seed of [1, 2, 3]) {
    const guided = found(seed, { bayesInterval: 2, proposals: 160 })
    expect(guided.set).toEqual(guided.best)
    const blind = found(seed, { bayesInterval: 1000, proposals: 160 })
    expect(blind.score).toBeLessThan(blind.bestScore)
  }
})

it('proposes the same sets for the same seed', () => {
  const run = (seed: number) => {
    const search = skipSearch(SUB_LAYERS, { seed, bayesInterval: 3 })
    return Array.from({ length: 12 }, (_, i) => {
      const set = search.propose()
      search.learn((i * 7) % 5)
      return set.join('')
    })
  }
  expect(run(4)).toEqual(run(4))
  expect(run(4)).not.toEqual(run(5))
})

it('ends when a set is good enough, when nothing better comes, after its proposals, with nothing to skip', () => {
  const scored = (options: SkipSearchOptions, scores: number[]) => {
    const search = skipSearch(SUB_LAYERS, options)
    for (const score of scores) {
      search.propose()
      search.learn(score)
    }
    return search.isOver
  }
  expect(scored({ enough: 0.9 }, [0.5, 0.9])).toBe(false)
  expect(scored({ enough: 0.9 }, [0.91])).toBe(true)
  expect(scored({ tolerance: 2 }, [0.5, 0.4, 0.5])).toBe(false)
  expect(scored({ tolerance: 2 }, [0.5, 0.4, 0.5, 0.1])).toBe(true)
  expect(scored({ tolerance: 2 }, [0.5, 0.4, 0.5, 0.6])).toBe(false)
  expect(scored({ proposals: 2 }, [0.5, 0.6])).toBe(true)
  expect(skipSearch(4).isOver).toBe(true)
  expect(skipSearch(SUB_LAYERS, { ratio: 0 }).best).toEqual(new Uint8Array(SUB_LAYERS))
})

it('compares with the score of the text at hand', () => {
  const search = skipSearch(SUB_LAYERS)
  const first = search.propose()
  search.learn(0.9)
  expect(search.best).toBe(first)
  search.rescore(0.3)
  const second = search.propose()
  search.learn(0.4)
  expect(search.best).toBe(second)
})

it('refuses bad options with a typed error', () => {
  const bad = [
    { ratio: 1.1 },
    { bayesInterval: 0 },
    { tolerance: -1 },
    { proposals: 0.5 },
    { enough: 2 },
    { seed: -1 },
    { s: 1 },
  ]
  for (const options of bad) {
    expect(() => skipSearch(SUB_LAYERS, options as SkipSearchOptions)).toThrowError(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    )
  }
})
