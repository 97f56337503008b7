import { rng, STREAMS } from '@foretoken/core'
import { expect, it } from 'vitest'
import { copyLimit } from './copy-limit.ts'

/** A plain step takes 10 ms, each further row 2 ms. */
const COSTS = { version: 1, rows: [1, 11], contexts: [0], milliseconds: [[10, 30]] } as const
const recording = (prompt: readonly number[], answer: readonly number[]) =>
  ({ id: 1, category: 'some', turn: 1, temperature: 0, prompt, answer }) as const
const limitOf = (prompt: readonly number[], answer: readonly number[]) =>
  copyLimit([recording(prompt, answer)], COSTS).all!

it('wins nothing where nothing stood before', () => {
  expect(limitOf([1, 2, 3], [4, 5, 6, 7])).toEqual({ tokensPerRound: 1, speedup: 1, freeRows: 1 })
})

it('copies what stood before, all but the token that the target adds', () => {
  // Six tokens as a copy of five in one round of six rows, 20 ms in place of 60.
  expect(limitOf([1, 2, 3, 4, 5, 6, 7, 0, 1], [2, 3, 4, 5, 6, 7])).toEqual({
    tokensPerRound: 6,
    speedup: 3,
    freeRows: 6,
  })
})

it('lets a copy run into itself', () => {
  expect(limitOf([1, 2, 1], [2, 1, 2, 1, 2, 1]).freeRows).toBe(6)
})

/** Milliseconds of the fastest rounds, tried one by one. */
function fastest(text: readonly number[], at: number): number {
  if (at === text.length) return 0
  let best = 10 + fastest(text, at + 1)
  for (let place = 0; place < at - 1; place++) {
    if (text[place] !== text[at - 1]) continue
    for (let length = 1; at + length < text.length && text[place + length] === text[at + length - 1]; length++) {
      best = Math.min(best, 10 + 2 * length + fastest(text, at + length + 1))
    }
  }
  return best
}

it('finds the fastest rounds', () => {
  for (let seed = 0; seed < 100; seed++) {
    const { uniform } = rng(seed)
    const text = Array.from({ length: 16 }, (_, i) => Math.floor(3 * uniform(STREAMS.sample, i)))
    const { speedup } = limitOf(text.slice(0, 8), text.slice(8))
    expect(speedup).toBeCloseTo(80 / fastest(text, 8), 9)
  }
})
