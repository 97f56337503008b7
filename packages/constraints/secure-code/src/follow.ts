/** Follows code through its lexer and through what rules allow of each unit. */
import { NOTHING, type Regex, type Regexes } from '@foretoken/constraint'
import { FUNCTION_START, IN_STRING, type Lexer, lexer, type Place, STATEMENT_END } from './lexer.ts'
import { allowedUnits, type CodeRule, isPlainBan, type Unit } from './rule.ts'
import type { Language } from './syntax.ts'

/** Rules that look at the same units in the same way, as one language. */
export interface Watch {
  readonly rules: readonly CodeRule[]
  readonly unit: Unit
  readonly inStrings: boolean
  /** What may follow at the beginning of a unit, behind its first blank. */
  readonly fresh: Regex
}

/** Where a text stands. */
export interface Position {
  readonly place: Place
  /** What may follow in the open unit, [watches]. */
  readonly rest: readonly Regex[]
}

/** Told of a watch whose unit can no longer be completed, once a unit, and of each unit's end, in this order. */
export type Tell = (watch: number, event: 'broken' | 'over') => void

export interface Follower {
  readonly watches: readonly Watch[]
  readonly start: Position
  /** Undefined where the lexer cannot follow. */
  next(position: Position, byte: number, tell: Tell): Position | undefined
  /** Whether the unit that is open in this watch may end here. */
  mayEnd(position: Position, watch: number): boolean
}

const BLANK = 32
const SLASH = 47

/** @param grouped Whether rules that forbid in the same units share a watch: one language then says the same of all. */
export function follower(rules: readonly CodeRule[], language: Language, regexes: Regexes, grouped: boolean): Follower {
  const watches = watchesOf(rules, regexes, grouped)
  const lex: Lexer = lexer(language)
  const start: Position = { place: lex.start, rest: watches.map(({ fresh }) => fresh) }

  const isOver = ({ unit }: Watch, emitted: number): boolean =>
    (unit === 'statement' && emitted === STATEMENT_END) ||
    (unit === 'line' && (emitted === 10 || emitted === IN_STRING + 10)) ||
    (unit === 'function' && emitted === FUNCTION_START)

  /** What is left of a unit after one emitted item. */
  function after(index: number, rest: Regex, emitted: number, tell: Tell): Regex {
    const watch = watches[index]!
    if (isOver(watch, emitted)) {
      if (rest !== NOTHING && !regexes.isNullable(regexes.next(rest, BLANK))) tell(index, 'broken')
      tell(index, 'over')
      return watch.fresh
    }
    if (rest === NOTHING || emitted === STATEMENT_END || emitted === FUNCTION_START) return rest
    if (emitted >= IN_STRING && !watch.inStrings) return rest
    const left = regexes.next(rest, emitted % 256)
    if (left === NOTHING) tell(index, 'broken')
    return left
  }

  return {
    watches,
    start,
    next(position, byte, tell) {
      const read = lex.read(position.place, byte)
      if (!read) return undefined
      const rest = position.rest.map((regex, i) => {
        let left = regex
        for (const each of read.emits) left = after(i, left, each, tell)
        return left
      })
      return { place: read.place, rest }
    },
    mayEnd({ place, rest }, watch) {
      const left = place.mode === 'slash' ? regexes.next(rest[watch]!, SLASH) : rest[watch]!
      return regexes.isNullable(regexes.next(left, BLANK))
    },
  }
}

function watchesOf(rules: readonly CodeRule[], regexes: Regexes, grouped: boolean): Watch[] {
  const groups = new Map<string, CodeRule[]>()
  for (const rule of rules) {
    const key =
      grouped && isPlainBan(rule) ? `${rule.unit ?? 'statement'} ${rule.inStrings ?? false}` : `: ${rule.name}`
    groups.set(key, [...(groups.get(key) ?? []), rule])
  }
  return [...groups.values()].map((group) => {
    const { unit = 'statement', inStrings = false } = group[0]!
    return { rules: group, unit, inStrings, fresh: regexes.next(allowedUnits(group, regexes), BLANK) }
  })
}
