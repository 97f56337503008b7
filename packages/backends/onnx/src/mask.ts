import { MASKED } from '@foretoken/graph'
import type { CheckedStep } from './checks.ts'

/** Which cached rows a layer kind reads. */
export interface PastWindow {
  /** First row. */
  readonly from: number
  /** Rows; 0 stands for one masked placeholder, because an input may not be empty. */
  readonly count: number
}

/** Rows that some fed row can see: all, or the last `window − 1` committed ones. */
export function pastWindow(length: number, window?: number): PastWindow {
  const count = window === undefined ? length : Math.min(length, window - 1)
  return { from: length - count, count }
}

/** Slots of the past input. */
export function pastSlots(past: PastWindow): number {
  return Math.max(1, past.count)
}

/**
 * Added to attention scores, [rows, past slots + rows]: 0 where the row sees the slot, else `MASKED`. A row sees the past, its
 * ancestors and itself, as far as `window` reaches.
 */
export function attentionMask(step: CheckedStep, length: number, past: PastWindow, window?: number): Float32Array {
  const { parents, depths } = step
  const rows = parents.length
  const slots = pastSlots(past)
  const width = slots + rows
  const mask = new Float32Array(rows * width)
  for (let row = 0; row < rows; row++) {
    const start = row * width
    mask.fill(MASKED, start + slots, start + width)
    if (past.count === 0) mask[start] = MASKED
    const position = length + (depths[row] as number)
    if (window !== undefined)
      mask.fill(MASKED, start, start + Math.min(slots, Math.max(0, position - window + 1 - past.from)))
    for (let ancestor = row; ancestor >= 0; ancestor = parents[ancestor] as number) {
      if (window !== undefined && (depths[row] as number) - (depths[ancestor] as number) >= window) break
      mask[start + slots + ancestor] = 0
    }
  }
  return mask
}

/** What chain graphs add to scores of the past, [past slots]: only the placeholder is masked. */
export function pastMask(past: PastWindow): Float32Array {
  return new Float32Array(pastSlots(past)).fill(past.count === 0 ? MASKED : 0)
}
