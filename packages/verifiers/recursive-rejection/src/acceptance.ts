import type { Law } from '@foretoken/core'

/**
 * How often recursive rejection accepts one of `candidates` siblings drawn without replacement from q.
 *
 * A token x that was rejected had Q(x) > P(x), so that it has no residual, and P after any rejections is norm([p − c q]+): what
 * was rejected shows in c and in `left`, the mass of q not drawn yet, alone. With M(c) = Σ [p − c q]+ a rejection takes
 * c to c + M(c) / left, and the last candidate fails with M(c') / M(c).
 *
 * Exact. Costs V^(candidates − 1) log V for V possible tokens: instant for two candidates of 50,000 tokens, and meant for small
 * vocabularies with more.
 * @param p @param q Laws, [vocabularySize].
 */
export function acceptance(p: Law, q: Law, candidates: number): number {
  const massAt = excess(p, q)
  const isDrawn = new Uint8Array(p.length)

  /** Probability that the next `count` candidates all fail, from P = norm([p − c q]+). */
  function failure(count: number, c: number, mass: number, left: number): number {
    if (count === 0 || left <= 0) return 1
    const next = c + mass / left
    const nextMass = massAt(next)
    if (count === 1 || nextMass <= 0) return Math.max(0, nextMass) / mass
    let sum = 0
    for (let x = 0; x < p.length; x++) {
      if (isDrawn[x] === 1 || q[x] === 0) continue
      const rejected = q[x]! / left - Math.max(0, p[x]! - c * q[x]!) / mass
      if (rejected <= 0) continue
      isDrawn[x] = 1
      sum += rejected * failure(count - 1, next, nextMass, left - q[x]!)
      isDrawn[x] = 0
    }
    return sum
  }

  return 1 - failure(candidates, 0, 1, 1)
}

/** M(c) = Σ [p − c q]+ for any c ≥ 0: tokens sorted by p / q once, then a search among prefix sums. */
function excess(p: Law, q: Law): (c: number) => number {
  const possible = Array.from(p.keys()).filter((x) => p[x]! > 0)
  possible.sort((a, b) => p[b]! * q[a]! - p[a]! * q[b]!)
  const sums = new Float64Array(2 * possible.length + 2)
  for (const [i, x] of possible.entries()) {
    sums[2 * i + 2] = sums[2 * i]! + p[x]!
    sums[2 * i + 3] = sums[2 * i + 1]! + q[x]!
  }
  return (c) => {
    let [low, high] = [0, possible.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const x = possible[middle]!
      if (p[x]! > c * q[x]!) low = middle + 1
      else high = middle
    }
    return sums[2 * low]! - c * sums[2 * low + 1]!
  }
}
