import { numbers } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { isTolerated } from './tolerated.ts'

/** By sorting. */
function slow(scores: Float64Array, token: number, beta: number, tau: number): boolean {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b)
  const isClose = scores[order[0]!]! - scores[token]! <= tau
  return order.indexOf(token) < beta && isClose && scores[token]! > -Infinity
}

it('agrees with sorting, ties and masked tokens included', () => {
  const next = numbers(1)
  for (let repeat = 0; repeat < 500; repeat++) {
    const scores = Float64Array.from({ length: 9 }, () => (next() < 0.2 ? -Infinity : Math.floor(6 * next())))
    scores[4] = 1
    const best = scores.indexOf(Math.max(...scores))
    const beta = 1 + Math.floor(next() * 9)
    const tau = next() < 0.2 ? Infinity : Math.floor(5 * next())
    for (let token = 0; token < 9; token++) {
      expect(isTolerated(scores, best, token, beta, tau)).toBe(slow(scores, token, beta, tau))
    }
  }
})
