/**
 * a: the probability that a drafted token is accepted given that its parent was, learned from censored evidence: a node whose
 * parent was not accepted, or that a stop cut off, is no trial at all. Discounted Beta counts, by depth and sibling rank, and by
 * the drafter's confidence s where it gives one, there made monotone in s by pooling adjacent violators.
 *
 * Priors chain: depth j starts from the estimate of depth j − 1, and a confidence bin from the mean of s, which is an estimate of
 * acceptance by contract, and of what depth says.
 */
import { isotonic } from './isotonic.ts'

export interface Acceptance {
  /**
   * @param depth From 1. @param rank Among the node's siblings, from 0. @param confidence NaN when the drafter gave none.
   */
  estimate(depth: number, rank: number, confidence: number): number
  /** An optimistic estimate for a first sibling: one standard deviation up, on evidence that fades with `age` in rounds. */
  optimistic(depth: number, age: number): number
  /** A node whose parent was accepted and that was decided. */
  learn(depth: number, rank: number, confidence: number, isAccepted: boolean): void
  /** Ends a round with evidence. @returns True when acceptance has changed: what was learned before is mostly forgotten. */
  settle(): boolean
  counts(): AcceptanceCounts
  /** Starts from counts of earlier requests, of which a quarter is believed. */
  resume(counts: AcceptanceCounts): void
}

/** Discounted evidence. Plain data: JSON keeps it. */
export interface AcceptanceCounts {
  /** Accepted and decided nodes by sibling rank and depth, [ranks · depths]. */
  readonly hits: readonly number[]
  readonly trials: readonly number[]
  /** The same by confidence, [bins]. */
  readonly binHits: readonly number[]
  readonly binTrials: readonly number[]
}

const DEPTHS = 32
const RANKS = 3
const BINS = 16
/** Cells that counts have by rank and depth, and by confidence. */
export const COUNTED: { readonly cells: number; readonly bins: number } = { cells: RANKS * DEPTHS, bins: BINS }
/** Share of earlier requests' evidence that a new one starts with. */
const RESUMED = 0.25
/** Evidence halves in this many rounds. */
const HALF_LIFE = 32
const KEEP = 2 ** (-1 / HALF_LIFE)
/** Optimism returns as evidence ages: its weight halves in this many rounds without any. */
const FADING = 64
/** Trials that a prior counts for by depth, and by confidence, which tells drafts of one depth apart. */
const PRIOR = 2
const STATED = 8
/** Acceptance at depth 1 before any evidence. */
const START = 0.5
/** A second sibling's prior: this share of what the first leaves. */
const LATER_SIBLING = 0.3
/** Surprise, in standard deviations over some 8 rounds, that means another text; and the share of the evidence kept then. */
const SURPRISE = 3.5
const SURPRISE_KEEP = 2 ** (-1 / 8)
const REMEMBERED = 0.1
/** Weight of a trial at which all are made lighter. */
const HEAVIEST = 1e9

export function acceptance(): Acceptance {
  const { cells } = COUNTED
  const hits = new Float64Array(cells)
  const trials = new Float64Array(cells)
  const binHits = new Float64Array(BINS)
  const binTrials = new Float64Array(BINS)
  const binMeans = new Float64Array(BINS)
  /** Estimates of first siblings, [depths], as far as `known`. */
  const firsts = new Float64Array(DEPTHS)
  let known = 0
  let areBinsKnown = false
  /** What a new trial counts: it grows instead of old counts that fade. */
  let weight = 1
  let surprise = 0
  let variance = 0
  let evidence = 0

  function first(depth: number): number {
    const at = Math.min(depth, DEPTHS) - 1
    for (; known <= at; known++) firsts[known] = pooled(known, known > 0 ? firsts[known - 1]! : START)
    return firsts[at]!
  }

  function byDepth(depth: number, rank: number): number {
    return rank === 0 ? first(depth) : pooled(cellOf(depth, rank), LATER_SIBLING * (1 - first(depth)))
  }

  function pooled(cell: number, prior: number): number {
    const trust = PRIOR * weight
    return (hits[cell]! + trust * prior) / (trials[cell]! + trust)
  }

  function estimate(depth: number, rank: number, confidence: number): number {
    const mean = byDepth(depth, rank)
    if (!(confidence >= 0)) return mean
    if (!areBinsKnown) refreshBins()
    const bin = binOf(confidence)
    const prior = (confidence + mean) / 2
    const trust = STATED * weight
    return (binTrials[bin]! * binMeans[bin]! + trust * prior) / (binTrials[bin]! + trust)
  }

  function refreshBins(): void {
    for (let bin = 0; bin < BINS; bin++) {
      binMeans[bin] = binTrials[bin]! > 0 ? binHits[bin]! / binTrials[bin]! : (bin + 0.5) / BINS
    }
    isotonic(binMeans, binTrials)
    areBinsKnown = true
  }

  function scale(factor: number): void {
    for (const counts of [hits, trials, binHits, binTrials]) {
      for (let i = 0; i < counts.length; i++) counts[i]! *= factor
    }
  }

  function forget(): void {
    known = 0
    areBinsKnown = false
  }

  return {
    estimate,
    optimistic(depth, age) {
      const mean = first(depth)
      const seen = (trials[cellOf(depth, 0)]! / weight) * 2 ** (-age / FADING) + PRIOR
      return Math.min(1, mean + Math.sqrt((mean * (1 - mean) + 0.25 / seen) / seen))
    },
    learn(depth, rank, confidence, isAccepted) {
      const expected = estimate(depth, rank, confidence)
      surprise += Number(isAccepted) - expected
      variance += expected * (1 - expected)
      evidence++
      const hit = isAccepted ? weight : 0
      const cell = cellOf(depth, rank)
      trials[cell]! += weight
      hits[cell]! += hit
      if (!(confidence >= 0)) return
      const bin = binOf(confidence)
      binTrials[bin]! += weight
      binHits[bin]! += hit
    },
    settle() {
      if (evidence === 0) return false
      evidence = 0
      const isChanged = Math.abs(surprise) > SURPRISE * Math.sqrt(variance + 1)
      weight /= isChanged ? REMEMBERED : KEEP
      if (weight > HEAVIEST) {
        scale(1 / weight)
        weight = 1
      }
      surprise = isChanged ? 0 : surprise * SURPRISE_KEEP
      variance = isChanged ? 0 : variance * SURPRISE_KEEP
      forget()
      return isChanged
    },
    counts() {
      scale(1 / weight)
      weight = 1
      return { hits: [...hits], trials: [...trials], binHits: [...binHits], binTrials: [...binTrials] }
    },
    resume(counts) {
      hits.set(counts.hits)
      trials.set(counts.trials)
      binHits.set(counts.binHits)
      binTrials.set(counts.binTrials)
      weight = 1
      scale(RESUMED)
      forget()
    },
  }
}

function cellOf(depth: number, rank: number): number {
  return Math.min(rank, RANKS - 1) * DEPTHS + Math.min(depth, DEPTHS) - 1
}

function binOf(confidence: number): number {
  return Math.min(BINS - 1, Math.floor(confidence * BINS))
}
