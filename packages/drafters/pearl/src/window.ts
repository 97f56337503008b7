/**
 * How far to write ahead. The paper's best window is the ratio of one step of the target to one step of the draft model: then
 * neither waits for the other.
 */

/** Windows that are measured lie between these. */
const LEAST = 2
const MOST = 8
/** Until there is a measurement. */
const AT_FIRST = 4
/** Times are averaged over about this many steps. */
const MEMORY = 16

/** Measures both sides' steps while they run together. */
export interface Window {
  /** Milliseconds of a step of the draft model. */
  draftStep(ms: number): void
  /** Milliseconds that the target took for a round. */
  targetStep(ms: number): void
  /** g: tokens to write ahead. */
  length(): number
}

/** @param fixed Nothing is measured when it is a number. */
export function openWindow(fixed: number | 'measured'): Window {
  const [draft, target] = [runningMean(), runningMean()]
  return {
    draftStep: draft.add,
    targetStep: target.add,
    length() {
      if (fixed !== 'measured') return fixed
      const ratio = target.mean() / draft.mean()
      return ratio > 0 && ratio < Infinity ? Math.min(MOST, Math.max(LEAST, Math.round(ratio))) : AT_FIRST
    },
  }
}

/** The first time of each side is left out: it holds the prompt. */
function runningMean(): { add(value: number): void; mean(): number } {
  let count = -1
  let mean = Number.NaN
  return {
    add(value) {
      count++
      if (count === 1) mean = value
      else if (count > 1) mean += (value - mean) / Math.min(count, MEMORY)
    },
    mean: () => mean,
  }
}
