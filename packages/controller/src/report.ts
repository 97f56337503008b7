/** What users see: the report of a generation or of a controller's life, and the record of a round. */
import type { CostCurve } from './cost-curve.ts'

/** A drafter's part in a round: how many levels it was asked for, and which nodes of its draft were verified. */
export interface PinnedAsk {
  /** The drafter's name in its manifest. */
  readonly drafter: string
  readonly levels: number
  /** Nodes of its draft, ascending, each with its parent. Default: all. */
  readonly keep?: readonly number[]
}

/** What a round drafts; empty is a plain round. Records hold it, and `pinned` plays it again. */
export type Decision = readonly PinnedAsk[]

/**
 * Why a round drafted what it drafted.
 * - `best`: it promised most; so did drafting nothing when it says so.
 * - `nothing`: no drafter had a draft.
 * - `look`: a drafter never asked before was asked for one level.
 * - `probe`: the estimates advised against it, but they are old.
 * - `ledger`: a draft promised more, but its loss could not be afforded.
 * - `rest`: more was lost than may be, so nobody was asked; the allowance grows back token by token.
 * - `measure`: a plain round, to know what plain rounds cost.
 * - `prompt`: the round that reads the prompt.
 * - `pinned`: the caller's schedule.
 */
export type Reason = 'best' | 'nothing' | 'look' | 'probe' | 'ledger' | 'rest' | 'measure' | 'prompt' | 'pinned'

/** A drafter that was asked, or thought about, in a round. Times in plain steps. */
export interface Considered {
  readonly drafter: string
  /** Nodes it drafted; 0 when it was not asked or had nothing. */
  readonly drafted: number
  readonly isAsked: boolean
  /** Acceptance expected of its first token. */
  readonly acceptance: number
  /** What asking it cost; what it is expected to cost when it was not asked. */
  readonly cost: number
}

/** One round as the controller saw it. Times in plain steps unless they say milliseconds. */
export interface RoundRecord {
  /** From 0 in each generation. */
  readonly round: number
  /** Length of the context before the round. */
  readonly position: number
  readonly considered: readonly Considered[]
  readonly decision: Decision
  readonly reason: Reason
  /** Nodes verified. */
  readonly drafted: number
  readonly accepted: number
  /** Tokens and steps as expected when the draft was chosen, and as they came. */
  readonly expected: { readonly tokens: number; readonly steps: number }
  readonly observed: { readonly tokens: number; readonly steps: number; readonly milliseconds: number }
  /** Steps won so far in this generation. */
  readonly gains: number
  /** Tokens per plain step in the long run. */
  readonly pace: number
  /** Drafters left out of this generation. */
  readonly benched: readonly Benched[]
}

export interface Benched {
  readonly drafter: string
  /** A sentence's end: `it failed: …`. */
  readonly reason: string
}

/** Rounds that drafted so many nodes from these drafters. */
export interface Share {
  /** Empty for plain rounds. */
  readonly drafters: readonly string[]
  readonly nodes: number
  readonly rounds: number
  /** rounds / all rounds. */
  readonly share: number
}

export interface Report {
  readonly rounds: number
  readonly tokens: number
  /** Descending by rounds. */
  readonly shares: readonly Share[]
  /** Tokens per plain step: as the estimates promised when drafts were chosen, and as it came. */
  readonly predictedRate: number
  readonly observedRate: number
  /** Time lost to looks and probes, in percent of all time; negative when they won. */
  readonly explorationPercent: number
  /** The step costs used, as corrected so far; milliseconds once `isMeasured` or a plain round was seen. */
  readonly curve: CostCurve
  /** False when the curve is the default's shape. */
  readonly isMeasured: boolean
  readonly benched: readonly Benched[]
}

/** Adds up rounds, the one that reads the prompt apart. */
export interface Tally {
  add(
    drafters: readonly string[],
    nodes: number,
    expected: RoundRecord['expected'],
    observed: { readonly tokens: number; readonly steps: number },
    isExploration: boolean,
  ): void
  clear(): void
  summary(): Omit<Report, 'curve' | 'isMeasured' | 'benched'>
}

/** The rounds that drafted nothing. */
function plainOf(rounds: number, drafting: Iterable<Pick<Share, 'rounds'>>): Omit<Share, 'share'> {
  let rest = rounds
  for (const share of drafting) rest -= share.rounds
  return { drafters: [], nodes: 0, rounds: rest }
}

const ZERO = { rounds: 0, tokens: 0, steps: 0, expectedTokens: 0, expectedSteps: 0, explored: 0 }

export function tally(): Tally {
  let sum = { ...ZERO }
  const shares = new Map<string, { drafters: readonly string[]; nodes: number; rounds: number }>()
  return {
    add(drafters, nodes, expected, observed, isExploration) {
      sum.rounds++
      sum.tokens += observed.tokens
      sum.steps += observed.steps
      sum.expectedTokens += expected.tokens
      sum.expectedSteps += expected.steps
      if (isExploration) sum.explored += observed.steps - observed.tokens
      if (nodes === 0) return
      const key = `${nodes} ${drafters.join(' ')}`
      const share = shares.get(key)
      if (share) share.rounds++
      else shares.set(key, { drafters: [...drafters], nodes, rounds: 1 })
    },
    clear() {
      sum = { ...ZERO }
      shares.clear()
    },
    summary: () => ({
      rounds: sum.rounds,
      tokens: sum.tokens,
      shares: [...shares.values(), plainOf(sum.rounds, shares.values())]
        .filter(({ rounds }) => rounds > 0)
        .map((each) => ({ ...each, share: each.rounds / sum.rounds }))
        .sort((a, b) => b.rounds - a.rounds),
      predictedRate: sum.expectedSteps > 0 ? sum.expectedTokens / sum.expectedSteps : 1,
      observedRate: sum.steps > 0 ? sum.tokens / sum.steps : 1,
      explorationPercent: sum.steps > 0 ? (100 * sum.explored) / sum.steps : 0,
    }),
  }
}
