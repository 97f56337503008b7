import type { DraftingFailure } from './attended.ts'

/** What one round did. Times in milliseconds. */
export interface RoundStats {
  /** Drafted nodes. */
  readonly drafted: number
  /** Levels of the draft; equals `drafted` for a chain. */
  readonly depth: number
  /** Accepted nodes. */
  readonly accepted: number
  /** Time in the drafter. */
  readonly draftMs: number
  /** Time in the target's forward passes, prefill included. */
  readonly verifyMs: number
  /** All other time of the round: laws, verification, bookkeeping. */
  readonly otherMs: number
}

/** What a generation did. Times in milliseconds; what the consumer does between runs is not counted. */
export interface Stats {
  readonly tokens: number
  readonly rounds: number
  readonly drafted: number
  readonly accepted: number
  /** Rounds whose draft reached level k + 1, and how many of them accepted that level. */
  readonly draftedByPosition: readonly number[]
  readonly acceptedByPosition: readonly number[]
  /** accepted / drafted; 0 when nothing was drafted. */
  readonly acceptanceRate: number
  /** 1 + accepted / rounds. */
  readonly meanAcceptanceLength: number
  /** From the call to the first committed token. */
  readonly prefillMs: number
  /** Tokens after the first run by the time they took; of everything when there was one run only. */
  readonly tokensPerSecond: number
  readonly draftMs: number
  readonly verifyMs: number
  readonly otherMs: number
  /** Why the generation went on without its drafter; absent when it did not. */
  readonly draftingFailure?: DraftingFailure
}

export interface StatsCollector {
  /** @param tokens Tokens committed in the round, after any cut. */
  add(round: RoundStats, tokens: number): void
  summary(failure?: DraftingFailure): Stats
}

const SUMMED = ['drafted', 'accepted', 'draftMs', 'verifyMs', 'otherMs'] as const

/** Adds up rounds. */
export function statsCollector(): StatsCollector {
  const sum = { tokens: 0, rounds: 0, drafted: 0, accepted: 0, draftMs: 0, verifyMs: 0, otherMs: 0 }
  const draftedByPosition: number[] = []
  const acceptedByPosition: number[] = []
  let firstTokens = 0
  let prefillMs = 0
  return {
    add(round, tokens) {
      for (let k = 0; k < round.depth; k++) {
        draftedByPosition[k] = (draftedByPosition[k] ?? 0) + 1
        acceptedByPosition[k] = (acceptedByPosition[k] ?? 0) + (k < round.accepted ? 1 : 0)
      }
      sum.tokens += tokens
      sum.rounds++
      for (const key of SUMMED) sum[key] += round[key]
      if (sum.rounds > 1) return
      firstTokens = tokens
      prefillMs = sum.draftMs + sum.verifyMs + sum.otherMs
    },
    summary(draftingFailure) {
      const total = sum.draftMs + sum.verifyMs + sum.otherMs
      const [tokens, ms] = sum.rounds > 1 ? [sum.tokens - firstTokens, total - prefillMs] : [sum.tokens, total]
      return {
        ...sum,
        draftedByPosition,
        acceptedByPosition,
        acceptanceRate: sum.drafted > 0 ? sum.accepted / sum.drafted : 0,
        meanAcceptanceLength: sum.rounds > 0 ? 1 + sum.accepted / sum.rounds : 0,
        prefillMs,
        tokensPerSecond: ms > 0 ? (tokens * 1000) / ms : 0,
        ...(draftingFailure && { draftingFailure }),
      }
    },
  }
}
