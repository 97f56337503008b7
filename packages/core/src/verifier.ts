import type { Draft } from './drafter.ts'
import type { Manifest } from './manifest.ts'
import type { Law } from './softmax.ts'

/**
 * The target's laws for one round, computed on demand and kept for the round. `node` −1 is the last committed token; any other is
 * a draft node. Laws are after processors, temperature and truncation: what plain sampling would draw from.
 */
export interface TargetRows {
  readonly vocabularySize: number
  /** True at temperature 0: every law is a point mass at `argmax`. */
  readonly isGreedy: boolean
  /** Law of the token after `node`, [vocabularySize]; sums to 1; borrowed until the round ends; not to be written. */
  probabilities(node: number): Float32Array
  /** `probabilities(node)[token]`, to the same bits and for half the price when nothing else of the row is needed. */
  probability(node: number, token: number): number
  /**
   * What the law is made of: logits after processors and before temperature, [vocabularySize]; borrowed; not to be written. At
   * temperature 0 for lossy verifiers only: no other needs more than `argmax`, and models may hand over nothing else.
   */
  logits(node: number): Float32Array
  /** Draws the token after `node` from its law as plain sampling does, with a uniform `u` in [0, 1); `argmax` if greedy. */
  sample(node: number, u: number): number
  /** Most probable token after `node`; the lowest id on ties. */
  argmax(node: number): number
}

/**
 * Uniforms in [0, 1) for verification, never keyed by how many were drawn before. `offset` 0 is the first drafted
 * position of the round. `sample` is keyed by absolute position alone, which lets exact matching reproduce the plain
 * run: a rule may look at it only at the positions it decides. `accept` and `correct` are also keyed by the round, so a rule
 * may look at them past the cut (block verification does) without tying two rounds together.
 */
export interface VerifyDraws {
  /** For the token at this position, drawn as plain sampling does: exact matching and bonus tokens use it. */
  sample(offset: number): number
  /** Accepts or rejects candidate `index` at this position. */
  accept(offset: number, index?: number): number
  /** Draws a corrected token from a residual at this position. */
  correct(offset: number): number
}

export interface Outcome {
  /** Accepted draft nodes in path order, [accepted]. */
  readonly path: Int32Array
  /** The token after the path. */
  readonly token: number
  /** `bonus` when the path ended at a leaf, `corrected` after a rejection. With an empty draft it is the plain token, a `bonus`. */
  readonly kind: 'corrected' | 'bonus'
}

/** Decides a draft. `verify` is pure: no model, no cache, no state. */
export interface Verifier {
  readonly manifest: Manifest
  verify(draft: Draft, target: TargetRows, draws: VerifyDraws): Outcome
  /**
   * In theory: the probability that some candidate of one position is accepted. Each verifier says how it wants the candidates
   * drawn from `q`; one candidate is the same for all. Meant for reports and proofs: it may allocate.
   * @param p Law of the target, [vocabularySize].
   * @param q Law of the draft, [vocabularySize].
   * @param candidates Siblings, at least 1.
   */
  acceptance?(p: Law, q: Law, candidates: number): number
}
