import type { Manifest } from './manifest.ts'

/**
 * Changes logits before the softmax: penalties, truncation, grammars. Masked means −Infinity. State is the token
 * history and nothing else, so a path of a draft can be walked and undone. A generation works on a `fork` and advances it
 * through the whole prompt first.
 */
export interface LogitsProcessor {
  readonly manifest: Manifest
  /** Changes `logits`, [vocabularySize], in place. */
  apply(logits: Float32Array): void
  /** Appends a token to the history. */
  advance(token: number): void
  /** Takes the last `n` tokens off the history. */
  rollback(n: number): void
  /** An independent copy with the same history. */
  fork(): LogitsProcessor
}

/**
 * Draws a token with a uniform `u` in [0, 1). Over a uniform `u` it must follow `probabilities`, [vocabularySize], exactly:
 * what shapes the distribution is a `LogitsProcessor`.
 */
export type Sampler = (probabilities: Float32Array, u: number) => number
