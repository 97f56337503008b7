import { numbers, randomLaw } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { acceptance } from './acceptance.ts'

it('is what the paper computes by hand', () => {
  const [p, q] = [Float64Array.of(0.5, 0.3, 0.2), Float64Array.of(0.2, 0.5, 0.3)]
  expect(acceptance(p, q, 1)).toBeCloseTo(0.7, 12)
  expect(acceptance(p, q, 2)).toBeCloseTo(283 / 350, 12)
  expect(acceptance(p, q, 3)).toBeCloseTo(1, 12)
  expect(acceptance(Float64Array.of(0.4, 0.35, 0.25), Float64Array.of(0.1, 0.2, 0.7), 2)).toBeCloseTo(17 / 20, 12)
})

/** The rule itself, carried out over every order of candidates. */
function slow(p: readonly number[], q: readonly number[], count: number): number {
  if (count === 0 || q.every((share) => share === 0)) return 0
  let accepted = 0
  const residual = p.map((share, x) => Math.max(0, share - q[x]!))
  const mass = residual.reduce((a, b) => a + b, 0)
  for (const [x, share] of q.entries()) {
    if (share === 0) continue
    const taken = Math.min(share, p[x]!)
    accepted += taken
    if (share - taken < 1e-15 || mass < 1e-15) continue
    const left = 1 - share
    const rest = q.map((other, y) => (y === x || left < 1e-15 ? 0 : other / left))
    const norm = residual.map((weight) => weight / mass)
    accepted += (share - taken) * slow(norm, rest, count - 1)
  }
  return accepted
}

it('agrees with the rule carried out token by token', () => {
  const next = numbers(3)
  for (let repeat = 0; repeat < 200; repeat++) {
    const size = 3 + (repeat % 4)
    const [p, q] = [randomLaw(size, next, 1 + (repeat % size)), randomLaw(size, next, 1 + (repeat % (size - 1)))]
    for (const count of [1, 2, 3]) expect(acceptance(p, q, count)).toBeCloseTo(slow([...p], [...q], count), 12)
  }
})

it('takes a whole vocabulary of two candidates', () => {
  const next = numbers(4)
  const weights = () => {
    const law = Float64Array.from({ length: 20_000 }, () => next() ** 8)
    const sum = law.reduce((a, b) => a + b, 0)
    return law.map((weight) => weight / sum)
  }
  const [p, q] = [weights(), weights()]
  const [one, two] = [acceptance(p, q, 1), acceptance(p, q, 2)]
  expect(one).toBeCloseTo(
    p.reduce((sum, share, x) => sum + Math.min(share, q[x]!), 0),
    12,
  )
  expect(two).toBeGreaterThan(one)
})
