import { type ByteSet, byteSet } from './byte-sets.ts'
import { kept } from './kept.ts'
import { NOTHING, type Regex, type Regexes } from './regexes.ts'
import { UTF8_BAD, UTF8_START, utf8Next } from './utf8.ts'

/** Residuals of which it is kept where characters lead. */
const MOST_CIRCLES = 8192
/** Residuals on the way through a character are few. */
const MOST_ON_THE_WAY = 32

/** Where characters of several bytes lead from a residual. */
export interface Circle {
  /** Bytes that begin those not all of which lead back to it. */
  readonly others: ByteSet
  /** Residuals within the characters that do, none of which may end. */
  readonly within: readonly Regex[]
}

/** More than states of a reader of UTF-8. */
const STATES = 16

/** Bytes that begin characters of several bytes. */
const LEADS: readonly number[] = Array.from({ length: 0x40 }, (_, i) => 0xc0 + i).filter(
  (byte) => utf8Next(UTF8_START, byte) !== UTF8_BAD,
)

/** Of any residual; kept. */
export function circlesOf(regexes: Regexes): (residual: Regex) => Circle {
  const known = kept<Regex, Circle>(MOST_CIRCLES, () => 1)
  const compute = (residual: Regex): Circle => {
    const verdicts = new Map<number, boolean>()
    const leadsBack = (state: number, at: Regex): boolean => {
      if (state === UTF8_START) return at === residual
      const key = at * STATES + state
      const found = verdicts.get(key)
      if (found !== undefined) return found
      let verdict = at !== NOTHING && !regexes.isNullable(at) && verdicts.size < MOST_ON_THE_WAY
      for (let byte = 0x80; verdict && byte < 0xc0; byte++) {
        const after = utf8Next(state, byte)
        verdict = after === UTF8_BAD || leadsBack(after, regexes.next(at, byte))
      }
      verdicts.set(key, verdict)
      return verdict
    }
    const others = LEADS.filter((byte) => !leadsBack(utf8Next(UTF8_START, byte), regexes.next(residual, byte)))
    const within = [...verdicts].flatMap(([key, verdict]) => (verdict ? [Math.floor(key / STATES)] : []))
    return { others: byteSet(others.map((byte) => [byte, byte])), within }
  }
  return (residual) => {
    const found = known.get(residual)
    if (found) return found
    const made = compute(residual)
    known.set(residual, made)
    return made
  }
}
