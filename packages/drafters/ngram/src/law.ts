/**
 * The law of the next token, blended from n-gram counts of growing order as in a hierarchical Dirichlet language model (MacKay and Peto, 1995):
 * P_m(w) = (c_m(w) + nu_m · P_{m−1}(w)) / (n_m + nu_m), where w followed the last m tokens c_m(w) of n_m times. nu_m says how
 * many occurrences the shorter contexts are worth.
 */

/** Tokens and their probabilities; what they leave to 1 belongs to tokens nobody can name. Buffers last. */
export interface Law {
  /** [at least length] */
  readonly tokens: Int32Array
  readonly probabilities: Float64Array
  length: number
}

/** Tokens that followed a context, and how often. Buffers last. */
export interface Counts {
  /** [at least length] */
  readonly tokens: Int32Array
  readonly counts: Int32Array
  length: number
}

/** @param room Most tokens; further ones are left out. */
export function law(room: number): Law {
  return { tokens: new Int32Array(room), probabilities: new Float64Array(room), length: 0 }
}

export function counts(room: number): Counts {
  return { tokens: new Int32Array(room), counts: new Int32Array(room), length: 0 }
}

/** Adds a token to a law that does not have it. */
export function put(into: Law, token: number, probability: number): void {
  if (into.length === into.tokens.length) return
  into.tokens[into.length] = token
  into.probabilities[into.length++] = probability
}

/** P_m from P_{m−1}, in place. @param seen The n_m continuations; at least one. @param trust nu_m. */
export function refine(prior: Law, seen: Counts, trust: number): void {
  let total = trust
  for (let i = 0; i < seen.length; i++) total += seen.counts[i]!
  for (let i = 0; i < prior.length; i++) prior.probabilities[i]! *= trust / total
  for (let i = 0; i < seen.length; i++) {
    const at = prior.tokens.subarray(0, prior.length).indexOf(seen.tokens[i]!)
    const share = seen.counts[i]! / total
    if (at < 0) put(prior, seen.tokens[i]!, share)
    else prior.probabilities[at]! += share
  }
}
