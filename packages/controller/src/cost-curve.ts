/**
 * What a target step costs by the rows it scores and the context it reads: the price list of speculation on one machine.
 * `measureCosts` writes it once; `stepCosts` corrects it while decoding.
 */
import { ForetokenError } from '@foretoken/core'

/** Milliseconds of a step, as measured. Plain data: JSON keeps it. */
export interface CostCurve {
  readonly version: 1
  /** Rows of a step, ascending from 1, [rows]. */
  readonly rows: readonly number[]
  /** Committed positions before the step, ascending, [contexts]. */
  readonly contexts: readonly number[]
  /** [contexts][rows], positive and non-decreasing along the rows. */
  readonly milliseconds: readonly (readonly number[])[]
  /** Names what was measured: checkpoint, backend, threads, machine. The caller's words; compared, never read. */
  readonly fingerprint?: string
}

/** The rows that are measured unless the caller says otherwise. */
export const CURVE_ROWS: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]

/** A row costs this share of a plain step when nothing was measured: dearer than on the CPUs we know. */
const DEFAULT_ROW = 0.15

/** Stands in for a measured curve; its unit is the plain step. */
export const DEFAULT_CURVE: CostCurve = {
  version: 1,
  rows: CURVE_ROWS,
  contexts: [0],
  milliseconds: [CURVE_ROWS.map((rows) => 1 + DEFAULT_ROW * (rows - 1))],
}

/** Where `value` lies between ascending `points`: the lower index and the share of the way to the next. Ends are clamped. */
export function bracket(points: readonly number[], value: number): { index: number; share: number } {
  let index = 0
  while (index + 2 < points.length && points[index + 1]! <= value) index++
  const [low, high] = [points[index]!, points[index + 1]]
  if (high === undefined) return { index, share: 0 }
  return { index, share: Math.min(1, Math.max(0, (value - low) / (high - low))) }
}

/** Milliseconds of a step: linear between the points, as at the nearest context beyond them, along the last slope beyond the rows. */
export function stepMilliseconds(curve: CostCurve, rows: number, context: number): number {
  const { index, share } = bracket(curve.contexts, context)
  const low = alongRows(curve.rows, curve.milliseconds[index]!, rows)
  if (share === 0) return low
  return low + share * (alongRows(curve.rows, curve.milliseconds[index + 1]!, rows) - low)
}

function alongRows(points: readonly number[], values: readonly number[], rows: number): number {
  const { index, share } = bracket(points, rows)
  const last = points.length - 1
  if (share < 1 || last === 0) return last === 0 ? values[0]! * rows : between(values, index, share)
  const slope = (values[last]! - values[last - 1]!) / (points[last]! - points[last - 1]!)
  return values[last]! + slope * Math.max(0, rows - points[last]!)
}

function between(values: readonly number[], index: number, share: number): number {
  const low = values[index]!
  return share === 0 ? low : low + share * (values[index + 1]! - low)
}

/**
 * Reads a stored curve, such as `JSON.parse` returns it.
 * @param fingerprint Refuses curves of anything else. Default: any.
 * @throws BAD_OPTION naming what is wrong with it.
 */
export function parseCostCurve(value: unknown, fingerprint?: string): CostCurve {
  const curve = value as CostCurve
  if (typeof value !== 'object' || value === null || curve.version !== 1) throw bad('it is no curve of version 1')
  if (!isAscending(curve.rows) || curve.rows[0] !== 1) throw bad('its rows do not ascend from 1')
  if (!isAscending(curve.contexts) || curve.contexts[0]! < 0) throw bad('its contexts do not ascend from 0 or more')
  const { milliseconds } = curve
  if (!Array.isArray(milliseconds) || milliseconds.length !== curve.contexts.length) {
    throw bad('it has not one line of milliseconds for each context')
  }
  for (const line of milliseconds) {
    if (!isCostLine(line, curve.rows.length))
      throw bad('its milliseconds are not positive and non-decreasing along the rows')
  }
  if (fingerprint !== undefined && curve.fingerprint !== fingerprint) throw bad('it was measured on something else')
  return curve
}

function isAscending(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((point, i) => Number.isFinite(point) && (i === 0 || point > (value[i - 1] as number)))
}

function isCostLine(line: unknown, length: number): boolean {
  if (!Array.isArray(line) || line.length !== length) return false
  return line.every((ms, i) => Number.isFinite(ms) && ms > 0 && (i === 0 || ms >= (line[i - 1] as number)))
}

function bad(found: string): ForetokenError {
  return new ForetokenError('BAD_OPTION', `The cost curve cannot be used: ${found}.`, {
    fix: 'Measure again with measureCosts, or leave the curve out.',
  })
}
