import type { ContextLaw } from './exact-law.ts'
import { numbers, randomLaw } from './toy-laws.ts'

/**
 * How the target's law p and the draft's q relate. `unrelated`: nothing in common; `zeros`: some tokens impossible; `ties`: few
 * different probabilities and ratios; `near`: apart by 2^−20 at most; `same`; `disjoint`: no common token; `certain`: p is a point mass.
 */
export const PAIR_FAMILIES = ['unrelated', 'zeros', 'ties', 'near', 'same', 'disjoint', 'certain'] as const

export type PairFamily = (typeof PAIR_FAMILIES)[number]

/** Target and draft. */
export interface LawPair {
  readonly p: ContextLaw
  readonly q: ContextLaw
}

/**
 * A random pair of laws, other ones in each context. All probabilities are multiples of 2^−22, which float32 holds exactly.
 * @param least Tokens that q leaves possible, at least: as many as there are siblings without replacement.
 */
export function lawPair(family: PairFamily, seed: number, vocabularySize: number, least = 1): LawPair {
  const pairs = new Map<string, { p: Float32Array; q: Float32Array }>()
  const at = (context: readonly number[]) => {
    const key = context.join(',')
    const known = pairs.get(key)
    if (known !== undefined) return known
    const next = numbers(1 + seed * 7919 + context.reduce((sum, token) => sum * 13 + token + 1, 0))
    const pair = onePair(family, vocabularySize, least, next)
    pairs.set(key, pair)
    return pair
  }
  return { p: (context) => at(context).p, q: (context) => at(context).q }
}

function onePair(
  family: PairFamily,
  size: number,
  least: number,
  next: () => number,
): { p: Float32Array; q: Float32Array } {
  const some = (fewest: number): number => fewest + Math.floor(next() * (size - fewest + 1))
  const q =
    family === 'ties' ? tiedLaw(size, least, next) : randomLaw(size, next, family === 'zeros' ? some(least) : size)
  if (family === 'same') return { p: q, q }
  if (family === 'near') return { p: nudged(q, next), q }
  if (family === 'ties') return { p: tiedLaw(size, 1, next), q }
  if (family === 'certain') return { p: randomLaw(size, next, 1), q }
  if (family === 'disjoint') return disjoint(size, least, next)
  return { p: randomLaw(size, next, family === 'zeros' ? some(1) : size), q }
}

/** Multiples of 1/16. */
function tiedLaw(size: number, least: number, next: () => number): Float32Array {
  const law = new Float32Array(size)
  const start = Math.floor(next() * size)
  for (let i = 0; i < 16; i++) law[i < least ? (start + i) % size : Math.floor(next() * size)]! += 1 / 16
  return law
}

/** A few parts in four million moved from one token to another. */
function nudged(law: Float32Array, next: () => number): Float32Array {
  const moved = law.slice()
  const [from, to] = [Math.floor(next() * law.length), Math.floor(next() * law.length)]
  const amount = (1 + Math.floor(next() * 3)) / 2 ** 22
  moved[from]! -= amount
  moved[to]! += amount
  return moved
}

/** Every token belongs to one of the two. */
function disjoint(size: number, least: number, next: () => number): { p: Float32Array; q: Float32Array } {
  const shift = Math.floor(next() * size)
  const border = least + Math.floor(next() * (size - least))
  const spread = (law: Float32Array, offset: number): Float32Array => {
    const out = new Float32Array(size)
    for (const [x, share] of law.entries()) out[(x + offset + shift) % size] = share
    return out
  }
  return { p: spread(randomLaw(size - border, next), border), q: spread(randomLaw(border, next), 0) }
}
