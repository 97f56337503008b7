import { checkInteger, checkKeys } from './options.ts'

/** Chooses how many levels to draft. */
export interface LengthPolicy {
  /** Forgets everything; called at the start of each generation. */
  begin(): void
  /** Levels for the next round; 0 skips drafting. Never above `room`. */
  next(room: number): number
  /** Follows a round in which `drafted` levels (at least 1) were verified and `accepted` of them accepted. */
  learn(drafted: number, accepted: number): void
}

export interface SteppedLengthOptions {
  /** Levels of the first round. Default 4. */
  readonly start?: number
  /** Default 1. */
  readonly least?: number
  /** Default 16. */
  readonly most?: number
}

/**
 * Two levels more after a round that accepted its whole draft, one less after any other: the heuristic schedule of Hugging Face's
 * assisted generation.
 */
export function steppedLength(options: SteppedLengthOptions = {}): LengthPolicy {
  checkKeys('steppedLength', options, ['start', 'least', 'most'])
  const { start = 4, least = 1, most = 16 } = options
  checkInteger('steppedLength', 'least', least, 1)
  checkInteger('steppedLength', 'most', most, least)
  checkInteger('steppedLength', 'start', start, least, most)
  let levels = start
  return {
    begin() {
      levels = start
    },
    next: (room) => Math.min(room, levels),
    learn(drafted, accepted) {
      levels = Math.min(most, Math.max(least, levels + (accepted >= drafted ? 2 : -1)))
    },
  }
}
