import type { Law } from '@foretoken/core'

/** Added to probabilities inside the logarithm, as in the authors' code. */
const OFFSET = 1e-5
/** Below this the logarithm is taken by its first order, which is right to 1e-6: most tokens of a vocabulary are there. */
const SMALL = 1e-8
const LOG_OFFSET = Math.log(OFFSET)

/** H(p) = −Σ p log(p + 1e-5), in nats. `p`: [vocabularySize]. */
export function entropy(p: Law): number {
  let sum = 0
  for (let x = 0; x < p.length; x++) {
    const share = p[x]!
    sum += share * (share < SMALL ? LOG_OFFSET + share / OFFSET : Math.log(share + OFFSET))
  }
  return -sum
}

/** min(epsilon, delta · exp(−H(p))): a token is typical when its probability is above that. */
export function threshold(p: Law, epsilon: number, delta: number): number {
  return Math.min(epsilon, delta * Math.exp(-entropy(p)))
}
