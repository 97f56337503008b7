import { numbers } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { gaussianProcess, type Observation } from './gaussian-process.ts'

const SIZE = 6
const ALPHA = 1e-2

function observations(count: number, seed: number): Observation[] {
  const next = numbers(seed)
  return Array.from({ length: count }, () => ({
    set: Uint8Array.from({ length: SIZE }, () => (next() < 0.5 ? 1 : 0)),
    score: next(),
  }))
}

function kernel(a: Uint8Array, b: Uint8Array, length: number): number {
  const r = Math.sqrt(a.filter((entry, i) => entry !== b[i]).length) / length
  return (1 + Math.sqrt(5) * r + (5 * r * r) / 3) * Math.exp(-Math.sqrt(5) * r)
}

/** A⁻¹ b and log det A by Gauss-Jordan elimination. */
function solve(matrix: readonly (readonly number[])[], b: readonly number[]): { x: number[]; logDeterminant: number } {
  const a = matrix.map((row, i) => [...row, b[i]!])
  let logDeterminant = 0
  a.forEach((pivot, i) => {
    logDeterminant += Math.log(pivot[i]!)
    const scale = pivot[i]!
    pivot.forEach((value, k) => {
      pivot[k] = value / scale
    })
    a.forEach((row, j) => {
      const factor = row[i]!
      if (j !== i)
        row.forEach((value, k) => {
          row[k] = value - factor * pivot[k]!
        })
    })
  })
  return { x: a.map((row) => row.at(-1)!), logDeterminant }
}

/** The definition. */
function predict(seen: readonly Observation[], set: Uint8Array): { mean: number; deviation: number } {
  const mean = seen.reduce((sum, { score }) => sum + score, 0) / seen.length
  const variance = seen.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / seen.length
  const y = seen.map(({ score }) => (score - mean) / Math.sqrt(variance))
  const fits = [1, 2, 4, 8].map((length) => {
    const gram = seen.map((a, i) => seen.map((b, j) => kernel(a.set, b.set, length) + (i === j ? ALPHA : 0)))
    const { x, logDeterminant } = solve(gram, y)
    const likelihood = -(x.reduce((sum, w, i) => sum + w * y[i]!, 0) + logDeterminant) / 2
    return { length, gram, x, likelihood }
  })
  const { length, gram, x } = fits.reduce((a, b) => (b.likelihood > a.likelihood ? b : a))
  const row = seen.map((other) => kernel(set, other.set, length))
  const inner = solve(gram, row).x.reduce((sum, v, i) => sum + v * row[i]!, 0)
  return { mean: row.reduce((sum, k, i) => sum + k * x[i]!, 0), deviation: Math.sqrt(Math.max(0, 1 - inner)) }
}

it('predicts what the formula says', () => {
  for (let seed = 1; seed <= 5; seed++) {
    const seen = observations(3 * seed, seed)
    const mine = gaussianProcess(seen)
    for (const { set } of [...observations(8, 100 + seed), seen[0]!]) {
      const expected = predict(seen, set)
      expect(mine(set).mean).toBeCloseTo(expected.mean, 8)
      expect(mine(set).deviation).toBeCloseTo(expected.deviation, 6)
    }
  }
})

it('knows nothing from one observation but that one', () => {
  const [one] = observations(1, 3)
  const process = gaussianProcess([one!])
  expect(process(one!.set).mean).toBe(0)
  expect(process(one!.set).deviation).toBeCloseTo(Math.sqrt(1 - 1 / (1 + ALPHA)), 8)
  expect(process(one!.set.map((entry) => 1 - entry)).deviation).toBeGreaterThan(0.5)
})
