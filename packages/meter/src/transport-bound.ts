/**
 * The optimal-transport bound: the largest probability with which any lossless rule can accept one of k candidates for a position.
 * Sun et al., "SpecTr: Fast Speculative Decoding via Optimal Transport" (NeurIPS 2023), state the transport problem. Its cost is 1
 * where the output is not among the candidates and 0 elsewhere, so that by max-flow min-cut its optimum is
 *
 *   1 − max over sets H of tokens of [Prob(all candidates lie in H) − p(H)].
 *
 * For independent candidates Prob = q(H)^k, and the maximum is at a set of the largest ratios q / p: with q(H) given, the
 * smallest p(H).
 */
import { badOption, checkInteger, type Law } from '@foretoken/core'

/** Possible tokens of q up to which all sets are tried. */
const MOST_TOKENS = 14

/**
 * Largest probability that some candidate is accepted, [0, 1].
 *
 * Exact for one candidate, for independent candidates, and without replacement when q has up to 14 possible tokens. With more it
 * is an upper bound: only sets of the largest q / p are tried, and from the third candidate on Prob(all candidates lie in H) is
 * taken from below, as if the likeliest tokens of H had been drawn before: ∏ (q(H) − t_j) / (1 − t_j), t_j the sum of the j
 * largest q in H.
 *
 * @param p Law of the target, [vocabularySize].
 * @param q Law of the draft, [vocabularySize].
 * @param candidates How many were drawn, at least 1; without replacement never more than are possible.
 * @param siblings How they were drawn. Default `independent`.
 * @throws BAD_OPTION.
 * @example
 * transportBound([0.5, 0.3, 0.2], [0.2, 0.5, 0.3], 2) // 0.86, as Float64Array
 */
export function transportBound(
  p: Law,
  q: Law,
  candidates: number,
  siblings: 'independent' | 'without-replacement' = 'independent',
): number {
  checkInteger('transportBound', 'candidates', candidates, 1)
  if (p.length !== q.length) throw badOption('transportBound', 'q', `has ${q.length} tokens`, `${p.length}, as p has`)
  if (candidates === 1) return overlap(p, q)
  if (siblings === 'independent') return 1 - largestExcess(p, q, (drawn) => drawn ** candidates)
  const possible: number[] = []
  for (let x = 0; x < q.length; x++) if (q[x]! > 0) possible.push(x)
  const count = Math.min(candidates, possible.length)
  if (possible.length <= MOST_TOKENS) return 1 - largestExcessOfSets(p, q, possible, count)
  return 1 - largestExcess(p, q, fromLikeliest(count))
}

/** Σ min(p, q). */
function overlap(p: Law, q: Law): number {
  let sum = 0
  for (let x = 0; x < p.length; x++) sum += Math.min(p[x]!, q[x]!)
  return sum
}

/** The largest `allIn(q(H), q of the last token) − p(H)` among sets of the largest q / p; 0 for the empty one. */
function largestExcess(p: Law, q: Law, allIn: (drawn: number, last: number) => number): number {
  let [largest, drawn, target] = [0, 0, 0]
  for (const x of byRatio(p, q)) {
    drawn += q[x]!
    target += p[x]!
    largest = Math.max(largest, allIn(Math.min(1, drawn), q[x]!) - target)
  }
  return largest
}

/** Tokens that q can draw, [tokens], in descending order of q / p. */
function byRatio(p: Law, q: Law): Uint32Array {
  const ratios = new Float64Array(q.length)
  // Sorted as numbers, which is faster than by a comparison: the bits of −ratio as float32, then the token.
  const keys = new Float64Array(q.length)
  const words = new Int32Array(1)
  const float = new Float32Array(words.buffer)
  let count = 0
  for (let x = 0; x < q.length; x++) {
    if (q[x]! <= 0) continue
    ratios[x] = q[x]! / p[x]!
    float[0] = ratios[x]!
    keys[count++] = (0x7fffffff - words[0]!) * 2 ** 21 + x
  }
  const sorted = keys.subarray(0, count).sort()
  const drawn = new Uint32Array(count)
  for (let i = 0; i < count; i++) drawn[i] = sorted[i]! % 2 ** 21
  // Ratios that float32 cannot tell apart lie side by side.
  for (let i = 1; i < drawn.length; i++) {
    const x = drawn[i]!
    let at = i
    while (at > 0 && ratios[drawn[at - 1]!]! < ratios[x]!) {
      drawn[at] = drawn[at - 1]!
      at--
    }
    drawn[at] = x
  }
  return drawn
}

/**
 * Prob(all of `count` lie in H) from below; sees the tokens of H one after the other. Of the first two candidates it is exact:
 * Σ q(x) (q(H) − q(x)) / (1 − q(x)) over H.
 */
function fromLikeliest(count: number): (drawn: number, last: number) => number {
  // The largest q in H, descending; Σ q / (1 − q) and Σ q² / (1 − q) over H.
  const largest = new Float64Array(count - 1)
  let [odds, squares] = [0, 0]
  return (drawn, last) => {
    odds += last / (1 - last)
    squares += (last * last) / (1 - last)
    let at = largest.length
    while (at > 0 && largest[at - 1]! < last) {
      if (at < largest.length) largest[at] = largest[at - 1]!
      at--
    }
    if (at < largest.length) largest[at] = last
    let product = Math.max(0, drawn * odds - squares)
    let taken = largest[0]!
    for (let j = 1; j < largest.length; j++) {
      taken += largest[j]!
      product *= taken < 1 ? Math.max(0, drawn - taken) / (1 - taken) : 1
    }
    return product
  }
}

/**
 * The largest Prob(all `count` lie in H) − p(H) over every set H of possible tokens, as bit masks. Prob(the first draws are the set S) =
 * Σ over its last token x of Prob(S without x) q(x) / (1 − q(S without x)), then summed over the subsets of each H.
 */
function largestExcessOfSets(p: Law, q: Law, possible: readonly number[], count: number): number {
  const sets = 2 ** possible.length
  const drawn = new Float64Array(sets)
  const probability = new Float64Array(sets)
  const inside = new Float64Array(sets)
  const target = new Float64Array(sets)
  probability[0] = 1
  for (let set = 1; set < sets; set++) {
    const size = possible.reduce((sum, _, bit) => sum + ((set >> bit) & 1), 0)
    for (const [bit, x] of possible.entries()) {
      if (((set >> bit) & 1) === 0) continue
      const rest = set ^ (1 << bit)
      drawn[set] = drawn[rest]! + q[x]!
      target[set] = target[rest]! + p[x]!
      if (size <= count) probability[set]! += (probability[rest]! * q[x]!) / (1 - drawn[rest]!)
    }
    if (size === count) inside[set] = probability[set]!
  }
  for (let bit = 1; bit < sets; bit *= 2) {
    for (let set = 0; set < sets; set++) if ((set & bit) !== 0) inside[set]! += inside[set ^ bit]!
  }
  return inside.reduce((largest, all, set) => Math.max(largest, all - target[set]!), 0)
}
