import { randomTokens, testDrafter } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { type SuffixOptions, suffix } from './drafter.ts'
import { suffixPool } from './pool.ts'

const forms: [string, () => SuffixOptions][] = [
  ['suffix', () => ({})],
  ['suffix as a tree', () => ({ shape: 'tree', factor: 3, minimumProbability: 0.01 })],
  ['suffix with long drafts', () => ({ depth: 40, offset: 40 })],
  ['suffix with a pool', () => ({ pool: fullPool(), learns: false })],
  ['suffix with a pool as a tree', () => ({ pool: fullPool(), learns: false, shape: 'tree', factor: 3 })],
]
for (const [name, options] of forms) testDrafter({ describe, it }, { name, create: () => suffix(options()) })

function fullPool() {
  const pool = suffixPool({ maximumTokens: 200, depth: 8 })
  for (let seed = 0; seed < 12; seed++) pool.add(randomTokens(20, 4, seed))
  return pool
}
