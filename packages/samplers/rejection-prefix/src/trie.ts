/**
 * What is not rejected yet. L is the set of legal texts, P the model's law, A(x) the tokens that the constraint allows after x:
 *
 *   kept(x) = 1 where x was never visited, and Σ P(t | x) · kept(x·t) over t in A(x) where it was.
 *
 * A prefix that was rejected has 0. Never-visited children are one number, so a prefix costs as much as it has visited children.
 */

/** A prefix that was visited. */
export interface Prefix {
  /** P(token | parent). */
  readonly probability: number
  /** P(A(x) | x), NaN until the law after it is known. */
  legal: number
  /** Of `legal`, the mass of tokens that end the text. */
  stops: number
  /** Tokens of A(x) that are possible and do not end the text. */
  choices: number
  kept: number
  /** Probability of the legal texts known to follow: at most what is legal of P behind x. */
  found: number
  readonly children: Map<number, Prefix>
}

export function prefix(probability: number): Prefix {
  return { probability, legal: Number.NaN, stops: 0, choices: 0, kept: 1, found: 0, children: new Map() }
}

export const isKnown = ({ legal }: Prefix): boolean => !Number.isNaN(legal)

/** Which tokens are allowed, and which end the text. */
export interface Allowed {
  has(token: number): boolean
  isStop(token: number): boolean
}

/** Keeps the law after a prefix, [vocabulary]. What is kept behind it stays as it is until `settle`. */
export function see(node: Prefix, law: Float64Array, allowed: Allowed): void {
  let [legal, stops, choices] = [0, 0, 0]
  for (let t = 0; t < law.length; t++) {
    const p = law[t]!
    if (!(p > 0 && allowed.has(t))) continue
    legal += p
    if (allowed.isStop(t)) stops += p
    else choices++
  }
  Object.assign(node, { legal, stops, choices })
}

/** Relative rounding of sums. */
const ROUNDING = 2 ** -50

/** Takes off what was rejected along a text: its prefixes, the root first. */
export function settle(path: readonly Prefix[]): void {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const node = path[depth]!
    if (!isKnown(node)) continue
    let [kept, found, mass] = [node.stops, node.stops, 0]
    for (const child of node.children.values()) {
      mass += child.probability
      kept += child.probability * child.kept
      found += child.probability * child.found
    }
    // While a child was never visited, some mass is left: no text is lost to rounding.
    const rest = node.legal - node.stops - mass
    if (node.children.size < node.choices) kept += Math.max(rest, node.legal * ROUNDING)
    node.kept = kept
    node.found = found
  }
}

/**
 * The law of the next token of a try: P(t | x) · kept(x·t), not normalised; P itself where x was never visited.
 * @param out [vocabulary]
 * @returns Its sum.
 */
export function propose(node: Prefix, law: Float64Array, allowed: Allowed, out: Float64Array): number {
  out.set(law)
  if (isKnown(node)) {
    for (let t = 0; t < law.length; t++) if (!allowed.has(t)) out[t] = 0
    for (const [t, { kept }] of node.children) out[t]! *= kept
  }
  let sum = 0
  for (let t = 0; t < out.length; t++) sum += out[t]!
  return sum
}
