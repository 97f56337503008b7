/**
 * The factor of k-SEQ: Sun et al., "SpecTr: Fast Speculative Decoding via Optimal Transport" (NeurIPS 2023), Algorithm 2 and
 * its search for rho. In our letters p is the target's law and q the draft's; the paper has them the other way round.
 *
 * beta(rho) = Σ min(q, p / rho); rho is the smallest number in [1, k] with 1 − (1 − beta)^k ≤ rho · beta. One of k candidates is
 * then accepted with 1 − (1 − beta)^k.
 */
import type { Law } from '@foretoken/core'

/** Largest gap between the two sides that counts as none: the law is off by that much at most. */
const TOLERANCE = 1e-14
/** Bisection alone needs 52; Newton's steps about six. */
const MOST_STEPS = 80

export interface Damping {
  /** rho, in [1, k]. */
  readonly rho: number
  /** Probability that one of the candidates is accepted. */
  readonly acceptance: number
}

/**
 * Solves for rho by Newton's method inside the bracket that bisection keeps. Each pass looks only at tokens whose ratio p / q lies
 * in the bracket: for all others the smaller side of min(p, rho · q) is known.
 * @param p @param q Laws, [vocabularySize].
 * @param k Candidates, at least 1.
 * @param undecided Scratch, [vocabularySize].
 */
export function damping(p: Law, q: Law, k: number, undecided: Int32Array): Damping {
  let count = p.length
  for (let x = 0; x < count; x++) undecided[x] = x
  let [low, high, rho] = [1, k, 1]
  // Of the decided tokens: the sum of p where p is the smaller side, of q where rho · q is.
  let [decidedP, decidedQ] = [0, 0]
  for (let step = 0; ; step++) {
    let [kept, sumP, sumQ] = [0, 0, 0]
    for (let i = 0; i < count; i++) {
      const x = undecided[i]!
      const [target, draft] = [p[x]!, q[x]!]
      if (target <= low * draft) decidedP += target
      else if (target >= high * draft) decidedQ += draft
      else {
        undecided[kept++] = x
        if (target <= rho * draft) sumP += target
        else sumQ += draft
      }
    }
    count = kept
    const slope = decidedQ + sumQ
    /** rho · beta */
    const sum = decidedP + sumP + rho * slope
    const failure = 1 - sum / rho
    const gap = 1 - failure ** k - sum
    if (Math.abs(gap) <= TOLERANCE || step === MOST_STEPS || high - low < 1e-15) {
      return { rho, acceptance: 1 - failure ** k }
    }
    if (gap > 0) low = rho
    else high = rho
    const newton = rho - gap / ((k * failure ** (k - 1) * (slope * rho - sum)) / rho ** 2 - slope)
    rho = newton > low && newton < high ? newton : (low + high) / 2
  }
}
