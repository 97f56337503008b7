import {
  ALL_CODE_POINTS,
  patternRegex,
  type Regex,
  type Regexes,
  type Spelling,
  utf8Spelling,
} from '@foretoken/constraint'
import { badOption, checkKeys } from '@foretoken/core'

/** What a rule looks at, one after another. */
export type Unit = 'line' | 'statement' | 'function' | 'text'

/**
 * One weakness, or one thing that code must have. Patterns are ECMAScript's without backreferences, lookbehind and `\b`. They look at
 * a unit's code with a blank before and after it: a comment is one blank, a string its two quotes (see `inStrings`).
 */
export interface CodeRule {
  /** `tx-origin`; unique among the rules in use. */
  readonly name: string
  /** What goes wrong, in one sentence. */
  readonly why: string
  /** Entry in a register: `SWC-115`, `CWE-95`. */
  readonly reference?: string
  /**
   * `line`: up to a line end. `statement`: up to `;`, or a brace that is not part of an expression. `function`: from one function,
   * constructor or modifier of Solidity to the next. `text`: everything. Default `statement`.
   */
  readonly unit?: Unit
  /** No unit may contain a match. Needed, unless `require` is given. */
  readonly forbid?: string
  /** But a unit that contains a match of this may. */
  readonly unless?: string
  /** Every unit must contain a match. */
  readonly require?: string
  /** Whether the insides of strings and regular-expression literals are seen. Default false. */
  readonly inStrings?: boolean
}

const KEYS = ['name', 'why', 'reference', 'unit', 'forbid', 'unless', 'require', 'inStrings'] as const
const UNITS: readonly Unit[] = ['line', 'statement', 'function', 'text']

/** @throws BAD_OPTION naming the rule and what is wrong with it. */
export function checkRules(rules: readonly CodeRule[]): void {
  if (!Array.isArray(rules)) throw badOption('secureCode', 'rules', `is ${typeof rules}`, 'a list of rules')
  const names = new Set<string>()
  for (const [i, rule] of rules.entries()) {
    const where = `rules[${i}]`
    if (typeof rule !== 'object' || rule === null) {
      throw badOption('secureCode', where, `is ${String(rule)}`, 'a rule with "name", "why" and "forbid" or "require"')
    }
    checkKeys(`secureCode ${where}`, rule, KEYS)
    for (const key of ['name', 'why', 'reference', 'forbid', 'unless', 'require'] as const) checkText(rule, key, where)
    if (rule.forbid === undefined && rule.require === undefined) {
      throw badOption('secureCode', where, `(${rule.name}) forbids and requires nothing`, '"forbid" or "require"')
    }
    if (rule.unless !== undefined && rule.forbid === undefined) {
      throw badOption('secureCode', `${where}.unless`, 'stands alone', '"forbid" beside it')
    }
    if (rule.unit !== undefined && !UNITS.includes(rule.unit)) {
      throw badOption('secureCode', `${where}.unit`, `is ${String(rule.unit)}`, UNITS.join(', '))
    }
    if (rule.inStrings !== undefined && typeof rule.inStrings !== 'boolean') {
      throw badOption('secureCode', `${where}.inStrings`, `is ${String(rule.inStrings)}`, 'true or false')
    }
    if (names.has(rule.name)) {
      throw badOption('secureCode', `${where}.name`, `is ${rule.name} a second time`, 'a name of its own for each rule')
    }
    names.add(rule.name)
  }
}

function checkText(rule: CodeRule, key: 'name' | 'why' | 'reference' | 'forbid' | 'unless' | 'require', where: string) {
  const value: unknown = rule[key]
  if (value === undefined && key !== 'name' && key !== 'why') return
  if (typeof value === 'string' && value !== '') return
  throw badOption('secureCode', `${where}.${key}`, `is ${JSON.stringify(value)}`, 'a text that is not empty')
}

/** Whether rules like this one are broken by a match alone, whatever follows. */
export const isPlainBan = ({ unless, require }: CodeRule): boolean => unless === undefined && require === undefined

/** The units that these rules allow. */
export function allowedUnits(rules: readonly CodeRule[], regexes: Regexes): Regex {
  const raw = utf8Spelling(regexes)
  // Around a match any byte may stand, so that what has matched is the language of all texts and its complement is empty.
  const spelling: Spelling = (set) => (set === ALL_CODE_POINTS ? regexes.bytes([[0, 255]]) : raw(set))
  const has = (pattern: string): Regex => patternRegex(pattern, { regexes, spelling })
  const bans = rules.flatMap((rule) => (isPlainBan(rule) ? [has(rule.forbid!)] : []))
  const parts = bans.length > 0 ? [regexes.not(regexes.or(bans))] : []
  for (const rule of rules.filter((each) => !isPlainBan(each))) {
    const { forbid, unless, require } = rule
    const without = forbid === undefined ? [] : [regexes.not(has(forbid))]
    if (unless !== undefined) without.push(has(unless))
    if (without.length > 0) parts.push(regexes.or(without))
    if (require !== undefined) parts.push(has(require))
  }
  return regexes.and(parts)
}
