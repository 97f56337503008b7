import { MASKED } from '@foretoken/graph'
import type { CheckedStep } from './checks.ts'

/** Which cached rows a layer kind reads. */
export interface PastWindow {
  /** First row. */
  readonly from: number
  /** Rows that count. */
  readonly count: number
  /** Slots of the past input: `count` and masked ones up to a multiple of `SLOTS`, or one placeholder where there is no past. */
  readonly slots: number
}

/**
 * The past grows by so many slots at a time. The runtime plans its memory once for each shape and keeps the plan: a shape for every
 * length would make most steps of a new process a tenth slower, and its plans without bound.
 */
export const SLOTS = 32

/** Rows that some fed row can see: all, or the last `window − 1` committed ones. */
export function pastWindow(length: number, window?: number): PastWindow {
  const count = window === undefined ? length : Math.min(length, window - 1)
  // An input may not be empty.
  const slots = count === 0 ? 1 : Math.ceil(count / SLOTS) * SLOTS
  return { from: length - count, count, slots }
}

/**
 * Added to attention scores, [rows, past slots + rows]: 0 where the row sees the slot, else `MASKED`. A row sees the past, its
 * ancestors and itself, as far as `window` reaches.
 */
export function attentionMask(step: CheckedStep, length: number, past: PastWindow, window?: number): Float32Array {
  const { parents, depths } = step
  const rows = parents.length
  const { slots } = past
  const width = slots + rows
  const mask = new Float32Array(rows * width)
  for (let row = 0; row < rows; row++) {
    const start = row * width
    mask.fill(MASKED, start + past.count, start + width)
    const position = length + (depths[row] as number)
    if (window !== undefined)
      mask.fill(MASKED, start, start + Math.min(past.count, Math.max(0, position - window + 1 - past.from)))
    for (let ancestor = row; ancestor >= 0; ancestor = parents[ancestor] as number) {
      if (window !== undefined && (depths[row] as number) - (depths[ancestor] as number) >= window) break
      mask[start + slots + ancestor] = 0
    }
  }
  return mask
}

/** What chain graphs add to scores of the past, [past slots]. */
export function pastMask({ count, slots }: PastWindow): Float32Array {
  return new Float32Array(slots).fill(MASKED, count)
}
