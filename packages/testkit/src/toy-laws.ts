import { ForetokenError, rng } from '@foretoken/core'

/** Logits, [vocabularySize], of the token after a context; a pure function of the context. */
export type ToyLogits = (context: readonly number[]) => Float32Array

export interface ToyTableOptions {
  readonly vocabularySize: number
  /** Which of many tables. Default 0. */
  readonly seed?: number
  /** How many of the last tokens matter. Default 2. */
  readonly order?: number
  /** Logits lie in [−spread, spread]. Default 2. */
  readonly spread?: number
}

/** A random table of logits by the last `order` tokens and the parity of the length, so that positions matter as well. */
export function toyTable(options: ToyTableOptions): ToyLogits {
  const { vocabularySize, seed = 0, order = 2, spread = 2 } = options
  const source = rng(seed)
  const rows = new Map<number, Float32Array>()
  return (context) => {
    const key = contextKey(context, order, vocabularySize)
    const known = rows.get(key)
    if (known) return known
    const row = Float32Array.from({ length: vocabularySize }, (_, x) => spread * (2 * source.uniform(0, key, x) - 1))
    rows.set(key, row)
    return row
  }
}

/**
 * Logits near those of another table: `closeness` of the way from an unrelated table. A drafter's model built from it
 * agrees with the target often, and not always.
 */
export function nearbyTable(near: ToyLogits, options: ToyTableOptions & { readonly closeness?: number }): ToyLogits {
  const { closeness = 0.7 } = options
  const far = toyTable(options)
  return (context) => {
    const [a, b] = [near(context), far(context)]
    return a.map((logit, x) => closeness * logit + (1 - closeness) * b[x]!)
  }
}

/** A number for what the table sees of a context, below 2^32. */
function contextKey(context: readonly number[], order: number, vocabularySize: number): number {
  let key = 1 + (context.length % 2)
  for (const token of context.slice(-order)) key = (Math.imul(key, vocabularySize + 7) + token + 3) >>> 0
  return key
}

/** Numbers in [0, 1), one after the other, for building test cases. */
export function numbers(seed: number): () => number {
  const source = rng(seed)
  let position = 0
  return () => source.uniform(0, position++)
}

/** Random tokens, [length]. */
export function randomTokens(length: number, vocabularySize: number, seed = 0): Int32Array {
  const next = numbers(seed)
  return Int32Array.from({ length }, () => Math.floor(next() * vocabularySize))
}

/** Grain of `randomLaw`: float32 adds its multiples below 1 without rounding. */
const GRAIN = 4096

/**
 * A random law whose probabilities are multiples of 1/4096, so that float32 holds them and their sum exactly.
 * @param support How many tokens are possible. Default: all.
 */
export function randomLaw(vocabularySize: number, next: () => number, support: number = vocabularySize): Float32Array {
  if (!(support >= 1 && support <= vocabularySize && vocabularySize <= 64)) {
    throw new ForetokenError('BAD_OPTION', `A law of ${support} tokens of ${vocabularySize} was asked for.`, {
      fix: 'Ask for 1 to vocabularySize possible tokens, and for at most 64 in all.',
    })
  }
  const order = Array.from({ length: vocabularySize }, (_, x) => ({ x, key: next() })).sort((a, b) => a.key - b.key)
  const law = new Float32Array(vocabularySize)
  let left = GRAIN - support
  for (const [i, { x }] of order.slice(0, support).entries()) {
    const grains = i === support - 1 ? left : Math.floor(left * next() * 0.8)
    left -= grains
    law[x] = (1 + grains) / GRAIN
  }
  return law
}
