/**
 * The factor of k-SEQ: Sun et al., "SpecTr: Fast Speculative Decoding via Optimal Transport" (NeurIPS 2023), Algorithm 2 and
 * its search for rho. In our letters p is the target's law and q the draft's; the paper has them the other way round.
 *
 * beta(rho) = Σ min(q, p / rho); rho is the smallest number in [1, k] with 1 − (1 − beta)^k ≤ rho · beta. One of k candidates is
 * then accepted with 1 − (1 − beta)^k.
 */
import type { Law } from '@foretoken/core'

/** Largest gap between the two sides that counts as none: the law is off by that much at most. */
const TOLERANCE = 1e-13
/** Bisection alone would need 52; the secant takes about seven. */
const MOST_STEPS = 80

export interface Damping {
  /** rho, in [1, k]. */
  readonly rho: number
  /** Probability that one of the candidates is accepted. */
  readonly acceptance: number
}

/**
 * Solves for rho by the secant method inside the bracket that bisection keeps.
 * @param p @param q Laws, [vocabularySize].
 * @param k Candidates, at least 1.
 */
export function damping(p: Law, q: Law, k: number): Damping {
  /** The larger side minus the smaller one at rho: falls from at least 0 at rho = 1 to at most 0 at k. */
  const at = (rho: number): { rho: number; gap: number; acceptance: number } => {
    const accepted = overlap(p, q, rho)
    const acceptance = 1 - (1 - accepted / rho) ** k
    return { rho, gap: acceptance - accepted, acceptance }
  }
  let last = at(1)
  if (k === 1 || last.gap <= TOLERANCE) return last
  let [low, high] = [1, k]
  let now = at(1 + 0.4 * (k - 1))
  for (let step = 0; step < MOST_STEPS && Math.abs(now.gap) > TOLERANCE; step++) {
    if (now.gap > 0) low = now.rho
    else high = now.rho
    const secant = now.rho - (now.gap * (now.rho - last.rho)) / (now.gap - last.gap)
    last = now
    now = at(secant > low && secant < high ? secant : (low + high) / 2)
  }
  return now
}

/** rho · beta = Σ min(p, rho · q). */
function overlap(p: Law, q: Law, rho: number): number {
  let sum = 0
  for (let x = 0; x < p.length; x++) {
    const [target, draft] = [p[x]!, rho * q[x]!]
    // Twice the smaller one, without a branch, which no processor would foresee.
    sum += target + draft - Math.abs(target - draft)
  }
  return sum / 2
}
