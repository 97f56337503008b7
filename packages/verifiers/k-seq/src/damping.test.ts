import { numbers, randomLaw } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { damping } from './damping.ts'

it('is what the paper computes by hand', () => {
  const [p, q] = [Float64Array.of(0.5, 0.3, 0.2), Float64Array.of(0.2, 0.5, 0.3)]
  expect(damping(p, q, 1)).toMatchObject({ rho: 1, acceptance: expect.closeTo(0.7, 12) })
  expect(damping(p, q, 2)).toMatchObject({ rho: expect.closeTo(1.456776, 6), acceptance: expect.closeTo(0.791355, 6) })
  expect(damping(p, q, 4)).toMatchObject({ rho: expect.closeTo(2.030036, 6), acceptance: expect.closeTo(0.906007, 6) })
  const [certain, even] = [Float64Array.of(1, 0), Float64Array.of(0.5, 0.5)]
  expect(damping(certain, even, 2)).toMatchObject({
    rho: expect.closeTo(1.5, 12),
    acceptance: expect.closeTo(0.75, 12),
  })
  expect(damping(certain, even, 3)).toMatchObject({
    rho: expect.closeTo(1.75, 12),
    acceptance: expect.closeTo(0.875, 12),
  })
})

/** The definition, by bisection over the whole vocabulary. */
function slow(p: Float32Array, q: Float32Array, k: number): number {
  let [low, high] = [1, k]
  for (let step = 0; step < 100; step++) {
    const rho = (low + high) / 2
    let beta = 0
    for (let x = 0; x < p.length; x++) beta += Math.min(q[x]!, p[x]! / rho)
    if (1 - (1 - beta) ** k <= rho * beta) high = rho
    else low = rho
  }
  return high
}

it('agrees with bisection on random laws, and keeps the target law', () => {
  const next = numbers(5)
  for (let repeat = 0; repeat < 500; repeat++) {
    const size = 2 + (repeat % 9)
    const k = 1 + (repeat % 5)
    const p = randomLaw(size, next, 1 + Math.floor(next() * size))
    const q = randomLaw(size, next, 1 + Math.floor(next() * size))
    const { rho, acceptance } = damping(p, q, k)
    const overlap = p.reduce((sum, share, x) => sum + Math.min(share, q[x]!), 0)
    if (overlap > 0 && overlap < 1) expect(rho).toBeCloseTo(slow(p, q, k), 6)
    // Each token: accepted at some candidate, or drawn from [p − rho q]+.
    let beta = 0
    for (let x = 0; x < size; x++) beta += Math.min(q[x]!, p[x]! / rho)
    const residual = p.map((share, x) => Math.max(0, share - rho * q[x]!))
    const mass = residual.reduce((a, b) => a + b, 0)
    for (let x = 0; x < size; x++) {
      const accepted = beta > 0 ? (Math.min(q[x]!, p[x]! / rho) * acceptance) / beta : 0
      const corrected = mass > 0 ? ((1 - acceptance) * Math.max(0, p[x]! - rho * q[x]!)) / mass : 0
      if (mass > 1e-6) expect(accepted + corrected).toBeCloseTo(p[x]!, 6)
    }
  }
})

it('takes equal, disjoint and nearly equal laws', () => {
  const p = Float64Array.of(0.5, 0.25, 0.25, 0)
  expect(damping(p, p, 3)).toMatchObject({ rho: 1, acceptance: 1 })
  expect(damping(p, Float64Array.of(0, 0, 0, 1), 3).acceptance).toBe(0)
  const near = Float64Array.of(0.5 + 2 ** -40, 0.25 - 2 ** -40, 0.25, 0)
  expect(damping(p, near, 2).acceptance).toBeCloseTo(1, 10)
})
