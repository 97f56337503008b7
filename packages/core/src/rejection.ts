/**
 * Rejection sampling, the kernel of lossless verification: Leviathan, Kalman and Matias, "Fast inference from
 * transformers via speculative decoding" (ICML 2023), Algorithm 1, and its extension to several candidates for one position
 * with replacement (SpecInfer, ASPLOS 2024) and without (Sequoia, NeurIPS 2024).
 *
 * p: target law; q: law the draft was drawn from; u: uniform in [0, 1).
 * With several candidates, p is replaced after each rejection by the weights [p − q]+, kept unnormalised with their
 * mass; without replacement, q is renormalised over what was not drawn yet, `left`.
 */

import { ForetokenError } from './errors.ts'
import type { Law } from './softmax.ts'

/** How far the sum of a draft's row may be from 1. */
export const HONESTY = 1e-3

/**
 * Accepts a drafted token with probability min(1, p / q). Strict, so that a token with p = 0 is never accepted.
 * @param p @param q Probabilities of the drafted token.
 */
export function accepts(p: number, q: number, u: number): boolean {
  return u * q < p
}

/**
 * Weights of the residual law: `out[x] = max(0, p[x] − factor · q[x])`, [vocabularySize]. `out` may be `p`.
 * @returns Their sum.
 * @throws DISHONEST_DRAFT when `q` has a negative or non-finite entry or does not sum to 1.
 */
export function residual(p: Law, q: Law, factor: number, out: Law): number {
  let mass = 0
  let sum = 0
  let size = 0
  for (let x = 0; x < out.length; x++) {
    const probability = q[x]!
    sum += probability
    size += Math.abs(probability)
    const difference = p[x]! - factor * probability
    // max(0, difference) without a branch, which no processor would foresee.
    const weight = (difference + Math.abs(difference)) / 2
    out[x] = weight
    mass += weight
  }
  if (size !== sum || !(Math.abs(sum - 1) <= HONESTY)) throw dishonest(q, sum)
  return mass
}

/**
 * Stands in for a residual without mass. That happens by rounding alone: p ≤ q everywhere, yet a token was rejected.
 * Writes `p` without the tokens in `rejected` to `out`; `p` itself when nothing else is possible.
 * @returns The sum of `out`.
 */
export function withoutRejected(p: Law, rejected: Iterable<number>, out: Law): number {
  out.set(p)
  for (const token of rejected) out[token] = 0
  let mass = 0
  for (let x = 0; x < out.length; x++) mass += out[x]!
  if (mass > 0) return mass
  out.set(p)
  return 1
}

function dishonest(q: Law, sum: number): ForetokenError {
  let lowest = 0
  for (let x = 0; x < q.length; x++) lowest = Math.min(lowest, q[x]!)
  const found = lowest < 0 ? `holds the negative probability ${lowest}` : `sums to ${sum}`
  return new ForetokenError('DISHONEST_DRAFT', `A row of the draft's q ${found}; a probability law was expected.`, {
    fix: 'Give the law the token was really drawn from, after temperature and truncation.',
    details: { lowest, sum },
  })
}
