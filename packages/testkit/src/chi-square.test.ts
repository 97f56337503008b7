import { expect, it } from 'vitest'
import { chiSquare } from './chi-square.ts'
import { numbers } from './toy-laws.ts'

it('agrees with tables', () => {
  // Critical values: 3.841 (1 degree, 5 %), 18.307 (10, 5 %), 124.342 (100, 5 %), 6.635 (1, 1 %).
  const cases = [
    [1, 3.841459, 0.05],
    [10, 18.307038, 0.05],
    [100, 124.342113, 0.05],
    [1, 6.634897, 0.01],
    [2, 1.386294, 0.5],
  ] as const
  for (const [degrees, statistic, pValue] of cases) {
    // One bin off by d and another by −d among equal bins of n: the statistic is 2 d² / n.
    const n = 1e6
    const d = Math.sqrt((statistic * n) / 2)
    const counts = Array.from({ length: degrees + 1 }, (_, i) => n + (i === 0 ? d : i === 1 ? -d : 0))
    const result = chiSquare(
      counts,
      counts.map(() => 1 / counts.length),
    )
    expect(result.degrees).toBe(degrees)
    expect(result.statistic).toBeCloseTo(statistic, 5)
    expect(result.pValue).toBeCloseTo(pValue, 6)
  }
})

it('gives uniform p-values under the law and tiny ones beside it', () => {
  const law = [0.4, 0.3, 0.2, 0.1]
  const next = numbers(3)
  const values: number[] = []
  for (let run = 0; run < 400; run++) {
    const counts = [0, 0, 0, 0]
    for (let i = 0; i < 500; i++) {
      let x = 0
      for (let u = next() - law[0]!; u >= 0; u -= law[x]!) x++
      counts[x]!++
    }
    values.push(chiSquare(counts, law).pValue)
    expect(chiSquare(counts, [0.1, 0.2, 0.3, 0.4]).pValue).toBeLessThan(1e-10)
  }
  const deciles = Array.from(
    { length: 10 },
    (_, d) => values.filter((p) => Math.min(9, Math.floor(p * 10)) === d).length,
  )
  expect(
    chiSquare(
      deciles,
      deciles.map(() => 0.1),
    ).pValue,
  ).toBeGreaterThan(0.001)
})

it('pools rare outcomes and never forgives impossible ones', () => {
  expect(chiSquare([500, 498, 1, 1], [0.5, 0.498, 0.001, 0.001]).degrees).toBe(2)
  expect(chiSquare([500, 499, 1], [0.5, 0.5, 0]).pValue).toBe(0)
})
