/**
 * d(k): what it costs to ask a drafter for k levels, in milliseconds: base + k · level + backlog · reading, where the backlog is
 * what was committed since it was last asked and its own model has yet to read. Normalised least mean squares: an observation
 * moves the three weights along its own features, so that a long prompt explains its own cost and nothing else.
 */
export interface AskCosts {
  /** Asks so far. */
  readonly asks: number
  /** Milliseconds for `levels` levels after `backlog` unread tokens. */
  predict(levels: number, backlog: number): number
  /** What of an ask's milliseconds can be its price; the rest is a pause of the machine. */
  plausible(levels: number, backlog: number, milliseconds: number): number
  /** Follows a whole draft. */
  learn(levels: number, backlog: number, milliseconds: number): void
  /** Follows one level inside a draft, timed between two questions whether to go on. */
  learnLevel(milliseconds: number): void
  price(): AskPrice
  /** Starts from a price of earlier requests. */
  resume(price: AskPrice): void
}

/** What an ask costs, in one unit of time or another. */
export interface AskPrice {
  readonly base: number
  readonly level: number
  readonly reading: number
  /** True when levels were timed one by one. */
  readonly isByLevel: boolean
}

/** Asks that are believed in full, for want of better. */
const TRUSTING = 2
const RATE = 0.3
/** Levels after which each weighs the same. */
const SETTLED = 8
/** A surprise counts as at most this many times the prediction, or these milliseconds: a pause of the machine is no price. */
const CLIP = 2
const LEAST_CLIP = 0.05

export function askCosts(): AskCosts {
  let asks = 0
  let levelsSeen = 0
  let base = 0
  let level = 0
  let reading = 0
  // The first ask of a process pays for code that is not compiled yet; who knows better does not learn from it.
  let isCold = false

  const predict = (levels: number, backlog: number): number => base + level * levels + reading * backlog
  /** Largest surprise that teaches: nothing is known of the first asks but what they took. */
  const mostError = (predicted: number): number => (asks > TRUSTING ? Math.max(LEAST_CLIP, CLIP * predicted) : Infinity)

  return {
    get asks() {
      return asks
    },
    predict,
    plausible(levels, backlog, milliseconds) {
      const predicted = predict(levels, backlog)
      return Math.min(milliseconds, predicted + mostError(predicted))
    },
    learn(levels, backlog, milliseconds) {
      asks++
      if (isCold) {
        isCold = false
        return
      }
      const predicted = predict(levels, backlog)
      const error = Math.min(milliseconds - predicted, mostError(predicted))
      const rate = asks > TRUSTING ? RATE : 1
      // Where single levels are timed apart, only the rest is to be explained.
      const explained = levelsSeen > 0 ? 0 : levels
      const step = (rate * error) / (1 + explained * explained + backlog * backlog)
      base = Math.max(0, base + step)
      level = Math.max(0, level + step * explained)
      reading = Math.max(0, reading + step * backlog)
    },
    learnLevel(milliseconds) {
      if (isCold) return
      levelsSeen++
      const error = milliseconds - level
      const clipped = levelsSeen > TRUSTING ? Math.min(error, Math.max(LEAST_CLIP, CLIP * level)) : error
      level += clipped * Math.max(1 / SETTLED, 1 / levelsSeen)
    },
    price: () => ({ base, level, reading, isByLevel: levelsSeen > 0 }),
    resume(price) {
      ;({ base, level, reading } = price)
      asks = TRUSTING
      levelsSeen = price.isByLevel ? SETTLED : 0
      isCold = true
    },
  }
}
