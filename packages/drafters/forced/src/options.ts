import type { TextTokenizer } from '@foretoken/drafting'

/** What is asked of the matcher of a constraint; those of `@foretoken/constraint` fit. */
export interface ForcedMatcher {
  /** Whether the text may end here. */
  readonly isComplete: boolean
  /** Whether a stop token has ended the text. */
  readonly isFinished: boolean
  /** Tokens allowed next: bit `id % 32` of word `id >> 5`. Borrowed. */
  mask(): Uint32Array
  isAllowed(token: number): boolean
  advance(token: number): void
  /** Takes back the last `n` tokens. */
  rollback(n: number): void
  /** Bytes that every continuation begins with; none where the text may end. */
  forced(): Uint8Array
}

/** What is asked of a constraint; those of `constrain()` of `@foretoken/constraint` fit. */
export interface ForcedConstraint {
  /** A matcher at the beginning of a text. */
  matcher(): ForcedMatcher
}

export interface ForcedOptions {
  /** The one that masks the target: `constrained(constraint)` among the processors of `decode`. */
  readonly constraint: ForcedConstraint
  /** The target's. */
  readonly tokenizer: TextTokenizer
  /** Tokens of the context before the constrained text. Default: the whole prompt of `decode`. */
  readonly countFrom?: number | undefined
}
