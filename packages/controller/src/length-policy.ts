import { checkInteger, checkKeys, type Drafter, depthOf, NO_DRAFT } from '@foretoken/core'

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

/** Lets a policy choose the levels of each round. It learns from the rounds in which this drafter's draft was verified. */
export function adaptive(drafter: Drafter, policy: LengthPolicy): Drafter {
  let mine = NO_DRAFT
  return {
    manifest: { ...drafter.manifest, name: `adaptive(${drafter.manifest.name})` },
    begin(prompt, model) {
      policy.begin()
      mine = NO_DRAFT
      return drafter.begin(prompt, model)
    },
    async draft(room, draws, goesOn) {
      const levels = Math.min(room, policy.next(room))
      mine = levels > 0 ? await drafter.draft(levels, draws, goesOn) : NO_DRAFT
      return mine
    },
    commit(committed) {
      const levels = committed.draft === mine ? depthOf(mine) : 0
      if (levels > 0) policy.learn(levels, committed.path.length)
      drafter.commit(committed)
    },
    dispose: () => drafter.dispose(),
    [Symbol.asyncDispose]: () => Promise.resolve(drafter.dispose()),
  }
}
