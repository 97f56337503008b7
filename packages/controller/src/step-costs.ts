/**
 * c(r, n): what a step with r rows at context n costs, in plain steps at n. A measured curve is the start; rounds correct it by
 * averages of log(observed / predicted). The machine's speed follows every round, since it changes by the second where others
 * use the machine too. The price of r rows follows only what two rounds in a row say that had different rows: a change of
 * speed hits both. Without a curve the default's shape is the start and the first plain round gives the unit.
 */
import { bracket, type CostCurve, DEFAULT_CURVE } from './cost-curve.ts'

export interface StepCosts {
  /** Settles the context of the round; `relative` and `unit` speak of it. */
  at(context: number): void
  /** Cost of a step with `rows` rows in plain steps; `relative(1)` is 1. Non-decreasing. */
  relative(rows: number): number
  /** Milliseconds of a plain step; 0 while nothing is known. */
  unit(): number
  /** Follows a step with `rows` rows at the settled context. */
  learn(rows: number, milliseconds: number): void
  /** The curve as corrected so far. */
  corrected(): CostCurve
}

/** A context that differs by fewer positions costs the same. */
const NEAR = 16
/** An observation moves the log of the speed, and of a price, by a share of at most this: a pause of the machine is neither. */
const CLIP = 0.7
const PRICE_CLIP = 0.3
/** Least weights of a new observation. */
const SPEED = 0.12
const PRICE = 0.08
/** Rows cost at least this share of what the curve says: noise must not make them free. */
const LEAST = 0.5
/** Observations that a measured price counts for, and a guessed one. */
const MEASURED = 8
const GUESSED = 1.5

export function stepCosts(curve: CostCurve | undefined): StepCosts {
  const base = curve ?? DEFAULT_CURVE
  const points = base.rows
  const places = Array.from({ length: points.at(-1)! + 1 }, (_, rows) => bracket(points, Math.max(1, rows)))
  /** Milliseconds by the curve at the settled context, [points]. */
  const measured = new Float64Array(points.length)
  /** By point: log of true / curve price relative to one row, and how often it was seen. */
  const prices = new Float64Array(points.length)
  const seen = new Float64Array(points.length)
  const line = new Float64Array(points.length)
  const last = points.length - 1
  const trust = curve === undefined ? GUESSED : MEASURED
  let speed = 0
  let rounds = 0
  /** Rows of the round before, and what of its error the speed does not explain. */
  let before: { readonly rows: number; readonly rest: number } | undefined
  let isKnown = curve !== undefined
  let context = 0
  let isStale = true
  settle()

  /** Points never seen take the price of the nearest one below. */
  function priceAt(index: number): number {
    let at = index
    while (at > 0 && seen[at] === 0) at--
    return prices[at]!
  }

  /** Reads the curve at the settled context. */
  function settle(): void {
    const { index, share } = bracket(base.contexts, context)
    const [below, above] = [base.milliseconds[index]!, base.milliseconds[index + 1]]
    for (let i = 0; i <= last; i++) measured[i] = below[i]! + (above ? share * (above[i]! - below[i]!) : 0)
    isStale = true
  }

  /** Brings the line up to date with prices. */
  function refresh(): void {
    for (let i = 0; i <= last; i++) {
      const cost = measured[i]! / measured[0]!
      const corrected = Math.max(cost * Math.exp(priceAt(i)), 1 + LEAST * (cost - 1))
      line[i] = i === 0 ? 1 : Math.max(corrected, line[i - 1]!)
    }
    isStale = false
  }

  function relative(rows: number): number {
    if (isStale) refresh()
    const beyond = rows - points[last]!
    if (beyond >= 0) return line[last]! + beyond * slope()
    const { index, share } = places[Math.max(1, rows)]!
    return line[index]! + share * (line[index + 1]! - line[index]!)
  }

  /** Of a row beyond the last point. */
  function slope(): number {
    return last === 0 ? 1 : (line[last]! - line[last - 1]!) / (points[last]! - points[last - 1]!)
  }

  function unit(): number {
    return isKnown ? measured[0]! * Math.exp(speed) : 0
  }

  function learnPrice(rows: number, error: number): void {
    const { index, share } = rows < places.length ? places[rows]! : bracket(points, rows)
    for (const [at, weight] of [
      [index, 1 - share],
      [index + 1, share],
    ] as const) {
      if (!(weight > 0) || at === 0) continue
      if (seen[at] === 0) prices[at] = priceAt(at)
      prices[at]! += error * weight * Math.max(PRICE, 1 / (trust + seen[at]!))
      seen[at]! += weight
    }
    isStale = true
  }

  return {
    at(next) {
      if (Math.abs(next - context) < NEAR) return
      context = next
      if (base.contexts.length > 1) settle()
    },
    relative,
    unit,
    learn(rows, milliseconds) {
      if (!(milliseconds > 0)) return
      if (!isKnown) {
        isKnown = true
        speed = Math.log(milliseconds / (measured[0]! * relative(rows)))
        return
      }
      const error = Math.log(milliseconds / (unit() * relative(rows)))
      if (before !== undefined && before.rows !== rows) {
        const gap = clipped(error - before.rest, PRICE_CLIP)
        // A plain step is the unit: it has no price of its own.
        const share = before.rows === 1 || rows === 1 ? 1 : 0.5
        learnPrice(rows, share * gap)
        learnPrice(before.rows, -share * gap)
      }
      const learned = clipped(error, CLIP) * Math.max(SPEED, 1 / (1 + rounds++))
      speed += learned
      before = { rows, rest: error - learned }
    },
    corrected: () => ({
      ...base,
      milliseconds: base.milliseconds.map((values) => {
        const corrected = values.map((ms, i) => ms * Math.exp(speed + (i > 0 ? priceAt(i) : 0)))
        for (let i = 1; i < corrected.length; i++) corrected[i] = Math.max(corrected[i]!, corrected[i - 1]!)
        return corrected
      }),
    }),
  }
}

function clipped(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value))
}
