import type { Draws } from './drafter.ts'
import { rng, STREAMS } from './rng.ts'
import type { VerifyDraws } from './verifier.ts'

/** The uniforms of a generation. */
export interface RoundDraws {
  readonly draft: Draws
  readonly verify: VerifyDraws
  /** Starts a round whose first drafted position is `position`, the length of the context. */
  begin(position: number): void
}

/** Every round commits a token, so its first position names it: keys need no counter. */
export function roundDraws(seed: number): RoundDraws {
  const source = rng(seed)
  let start = 0
  return {
    draft: { uniform: (offset, index = 0) => source.uniform(STREAMS.draft, start + offset, index, start) },
    verify: {
      sample: (offset) => source.uniform(STREAMS.sample, start + offset),
      accept: (offset, index = 0) => source.uniform(STREAMS.accept, start + offset, index, start),
      correct: (offset) => source.uniform(STREAMS.correct, start + offset, 0, start),
    },
    begin(position) {
      start = position
    },
  }
}
