import type { Manifest } from './manifest.ts'
import type { Model, StepOutput } from './model.ts'
import type { Outcome } from './verifier.ts'

/**
 * The distribution each drafted token was really drawn from. No verifier guesses it.
 * - `point-mass`: the token was chosen, not drawn (lookup, argmax).
 * - `dense`: `rows` is [draws, vocabularySize]; node `i` was drawn from row `rowOf[i]`. Siblings drawn from one
 *   distribution share a row; `rowOf` defaults to `i`.
 * - `sparse`: as dense, but row `r` has probability `probabilities[k]` at token `ids[k]` for
 *   `offsets[r] <= k < offsets[r + 1]` and zero elsewhere.
 */
export type DraftProbabilities =
  | { readonly kind: 'point-mass' }
  | { readonly kind: 'dense'; readonly rows: Float32Array; readonly rowOf?: Int32Array }
  | {
      readonly kind: 'sparse'
      readonly ids: Int32Array
      readonly probabilities: Float32Array
      readonly offsets: Int32Array
      readonly rowOf?: Int32Array
    }

/** Tokens proposed for one round. */
export interface Draft {
  /** [nodes]; empty when the drafter has nothing to propose. */
  readonly tokens: Int32Array
  /** Parent node, [nodes], `parents[i] < i`, −1 is the last committed token. Default: a chain. Siblings stand in the order they were sampled. */
  readonly parents?: Int32Array
  readonly q: DraftProbabilities
  /** How siblings were drawn from their shared row. Default: `independent`. */
  readonly siblings?: 'independent' | 'without-replacement'
  /**
   * The drafter's own estimate that each node is accepted when its parent was, [nodes], in [0, 1]. It steers what is drafted,
   * never what is decided: verifiers do not look at it.
   */
  readonly confidence?: Float32Array
}

/** Asked after each drafted level with the confidence in its token, in [0, 1]; false ends the draft there. */
export type GoesOn = (confidence: number) => boolean

/**
 * Uniform numbers in [0, 1) for drafting. Each depends on its key alone (seed, round, offset, index), so asking twice
 * gives the same number. Keys hold the round, since a drafter may remember what was discarded.
 */
export interface Draws {
  /**
   * @param offset Positions past the last committed token: 0 for the first drafted position.
   * @param index Distinguishes draws at one position: sibling number, or retry.
   */
  uniform(offset: number, index?: number): number
}

/** What a drafter learns after each round. Uniforms of the verifier are never shown. */
export interface Committed extends Outcome {
  /** The draft that was verified: `path` points into it. Inside `firstOf` it may be another drafter's. */
  readonly draft: Draft
  /** All tokens committed this round, [accepted + 1]: the accepted path, then the corrected or bonus token. */
  readonly tokens: Int32Array
  /**
   * The target's forward pass of this round; borrowed until the next one. `output.logits` starts at row `base`: its row
   * `i + 1` belongs to draft node `i`. A drafter that reads them requires `logits:all-positions`; without it they may be empty in a
   * greedy generation.
   */
  readonly output: StepOutput
  /** Row of the pass at which the last committed token before this round stood; draft node `i` is row `base + 1 + i`. */
  readonly base: number
}

/** Proposes tokens. Implemented by a factory that returns an object; all state is per generation. */
export interface Drafter extends AsyncDisposable {
  readonly manifest: Manifest
  /** Starts a generation; called again for each new one. `prompt` is the whole context, [tokens]. */
  begin(prompt: Int32Array, model: Model): void | Promise<void>
  /**
   * Proposes up to `room` (at least 1) levels after the last committed token, and at most `model.maximumRows − 1` nodes;
   * `NO_DRAFT` when there is nothing to propose.
   * Not called when there is room for no draft; `commit` is called after every round all the same.
   * @param goesOn Asked by drafters whose levels cost time; free ones may ignore it. It sees drafted tokens only, so `q` stays honest.
   */
  draft(room: number, draws: Draws, goesOn?: GoesOn): Draft | Promise<Draft>
  /** Follows what was committed. */
  commit(committed: Committed): void
  dispose(): void | Promise<void>
}
