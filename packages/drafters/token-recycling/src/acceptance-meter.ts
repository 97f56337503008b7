/** How often the successors of each level and rank were tried and accepted: what a template is searched from. */
import { type Committed, checkInteger, checkKeys, nextChild } from '@foretoken/core'
import type { AcceptanceRates } from './template.ts'

/** Levels told apart; deeper ones count as the last. */
const LEVELS = 8
/** Ranks told apart; 64 is the widest table. */
const RANKS = 64

/** What of a round is counted: draft node i has rank `ranks[i]` at level `depths[i]`. */
export interface TriedNodes {
  readonly ranks: Int32Array
  readonly depths: Int32Array
}

/** Counts by level and rank. Not tied to a generation: drafters that share one go on counting. */
export interface AcceptanceMeter {
  /**
   * Counts a round. Tried are the children of the last committed token and of accepted nodes; nothing is known of the others, and they
   * are not counted.
   */
  record(nodes: TriedNodes, committed: Pick<Committed, 'draft' | 'path' | 'token'>): void
  /** Shares accepted, [levels][ranks] up to the last that was tried; 0 where nothing was. */
  rates(): AcceptanceRates
  /**
   * The share expected at a level (from 1) and rank: its counts and `weight` more rounds at `prior`.
   * @param prior Rates before anything was counted.
   */
  expected(depth: number, rank: number, prior: AcceptanceRates): number
  /** Forgets everything. */
  clear(): void
}

export interface AcceptanceMeterOptions {
  /** Rounds that prior rates weigh in `expected`. Default 16. */
  readonly weight?: number
}

/**
 * An empty meter.
 * @throws BAD_OPTION
 * @example
 * const meter = acceptanceMeter()
 * await generate({ ...parts, drafter: tokenRecycling({ template: paperTemplate(), meter }) })
 * const template = searchTemplate(meter.rates(), 7)
 */
export function acceptanceMeter(options: AcceptanceMeterOptions = {}): AcceptanceMeter {
  checkKeys('acceptanceMeter', options, ['weight'])
  const { weight = 16 } = options
  checkInteger('acceptanceMeter', 'weight', weight, 1)
  const tried = new Float64Array(LEVELS * RANKS)
  const accepted = new Float64Array(LEVELS * RANKS)
  return {
    record({ ranks, depths }, { draft, path, token }) {
      for (let level = 0; level <= path.length; level++) {
        const parent = level === 0 ? -1 : path[level - 1]!
        for (let child = nextChild(draft, parent); child >= 0; child = nextChild(draft, parent, child)) {
          const at = place(depths[child]!, ranks[child]!)
          tried[at]!++
          // Below the path's end a child with the final token was accepted and cut off by a stop.
          if (level < path.length ? path[level] === child : draft.tokens[child] === token) accepted[at]!++
        }
      }
    },
    rates() {
      const share = (at: number): number => (tried[at]! > 0 ? accepted[at]! / tried[at]! : 0)
      const levels = Array.from({ length: LEVELS }, (_, level) => {
        const ranks = Array.from({ length: RANKS }, (_, rank) => level * RANKS + rank)
        return ranks.slice(0, ranks.findLastIndex((at) => tried[at]! > 0) + 1).map(share)
      })
      return levels.slice(0, levels.findLastIndex((level) => level.length > 0) + 1)
    },
    expected(depth, rank, prior) {
      const at = place(depth, rank)
      const before = prior[Math.min(depth, prior.length) - 1]?.[rank] ?? 0
      return (accepted[at]! + weight * before) / (tried[at]! + weight)
    },
    clear() {
      tried.fill(0)
      accepted.fill(0)
    },
  }
}

function place(depth: number, rank: number): number {
  return (Math.min(depth, LEVELS) - 1) * RANKS + rank
}
