import { softmax } from '@foretoken/core'
import { numbers, type ToyLogits } from '@foretoken/testkit'

export interface ExactTableOptions {
  readonly vocabularySize: number
  readonly seed: number
  /** Temperature at which the law is exact. Default 1. */
  readonly temperature?: number
  /** Tokens that the law must be exact over, when the others are left out. Default: all. */
  readonly tokens?: readonly number[]
  /** Chance that a token is impossible; two stay possible. Default 0. */
  readonly impossible?: number
}

/** Rows tried before giving up; one in ten or so is exact. */
const MOST_TRIES = 10_000

/**
 * Random logits by context whose softmax, as rounded to float32, sums to exactly 1. A drafter that draws from such rows draws from the
 * law it declares, to the last bit: what an enumeration finds is then the methods' own error.
 */
export function exactTable(options: ExactTableOptions): ToyLogits {
  const { vocabularySize, seed, temperature = 1, impossible = 0 } = options
  const tokens = options.tokens ?? Array.from({ length: vocabularySize }, (_, x) => x)
  const rows = new Map<string, Float32Array>()
  return (context) => {
    const key = context.join(',')
    const known = rows.get(key)
    if (known) return known
    const next = numbers(1 + seed * 7919 + context.reduce((sum, token) => (sum * 13 + token + 1) % 1e6, 0))
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const row = Float32Array.from({ length: vocabularySize }, () => 4 * next() - 2)
      for (const x of row.keys()) if (next() < impossible) row[x] = -Infinity
      const law = Float32Array.from(tokens, (token) => row[token]!)
      if (law.filter((logit) => logit > -Infinity).length < 2) continue
      softmax(law, temperature, law)
      if (law.reduce((sum, share) => sum + share, 0) !== 1) continue
      rows.set(key, row)
      return row
    }
    throw new Error(`No exact row for the context ${key} among ${MOST_TRIES}.`)
  }
}
