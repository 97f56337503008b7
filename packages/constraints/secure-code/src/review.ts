import { LIMITS, NOTHING, regexes } from '@foretoken/constraint'
import { badOption, checkKeys, ForetokenError } from '@foretoken/core'
import { follower, type Position } from './follow.ts'
import { isHidden } from './hidden.ts'
import type { CodeRule } from './rule.ts'
import { type CodeOptions, rulesOf } from './secure-code.ts'
import { languageOf } from './syntax.ts'

/** A unit that breaks a rule. */
export interface Finding {
  readonly rule: CodeRule
  /** Line of the unit's first character that is no blank, from 1. */
  readonly line: number
  /** Line by which the rule was broken for good. */
  readonly endLine: number
  /** The unit up to there. */
  readonly text: string
}

/** What `secureCode` refuses besides its rules. */
const HIDDEN_CHARACTER: CodeRule = {
  name: 'hidden-character',
  why: 'The character is invisible or turns the direction of text, so that readers see other code than compilers.',
  reference: 'CWE-1007',
  forbid: 'hidden',
}

/**
 * Reports where code breaks rules, and changes nothing: of a text that was generated without `secureCode`, or of a prompt. Takes time
 * linear in the code. A text without findings is one that `secureCode` allows, and the reverse.
 * @throws BAD_OPTION, and UNSUPPORTED for code that cannot be followed: see `secureCode`.
 * @example
 * for (const { line, rule } of reviewCode(source, { language: 'javascript' })) console.log(line, rule.name, rule.why)
 */
export function reviewCode(code: string, options: CodeOptions): readonly Finding[] {
  checkKeys('reviewCode', options, ['language', 'rules'])
  if (typeof code !== 'string') throw badOption('reviewCode', 'code', `is ${typeof code}`, 'a text')
  const syntax = languageOf(options.language)
  const follow = follower(rulesOf(options), syntax, regexes(LIMITS), false)
  const bytes = new TextEncoder().encode(code)
  const unitStarts = follow.watches.map(() => 0)
  const found: { readonly rule: CodeRule; readonly from: number; readonly to: number }[] = []
  const report = (watch: number, to: number): void => {
    found.push({ rule: follow.watches[watch]!.rules[0]!, from: unitStarts[watch]!, to })
  }
  let position: Position = follow.start
  for (let at = 0; at < bytes.length; at++) {
    const next = follow.next(position, bytes[at]!, (watch, event) => {
      if (event === 'broken') report(watch, at + 1)
      else unitStarts[watch] = at + 1
    })
    if (!next) throw tooDeep(bytes, at)
    position = next
  }
  for (const [watch, rest] of position.rest.entries()) {
    if (rest !== NOTHING && !follow.mayEnd(position, watch)) report(watch, bytes.length)
  }
  return [...found.map(({ rule, from, to }) => findingOf(bytes, rule, from, to)), ...hiddenIn(code)].sort(
    (a, b) => a.line - b.line || a.endLine - b.endLine,
  )
}

const lineOf = (bytes: Uint8Array, at: number): number => {
  let line = 1
  for (let i = 0; i < at; i++) if (bytes[i] === 10) line++
  return line
}

function findingOf(bytes: Uint8Array, rule: CodeRule, from: number, to: number): Finding {
  const unit = new TextDecoder().decode(bytes.subarray(from, to))
  const lead = new TextEncoder().encode(/^\s*/.exec(unit)![0]).length
  return { rule, line: lineOf(bytes, from + lead), endLine: lineOf(bytes, to - 1), text: unit.trim() }
}

function hiddenIn(code: string): Finding[] {
  const findings: Finding[] = []
  for (const [i, text] of code.split('\n').entries()) {
    const isFound = Array.from(text).some((char) => isHidden(char.codePointAt(0)!))
    if (isFound) findings.push({ rule: HIDDEN_CHARACTER, line: i + 1, endLine: i + 1, text })
  }
  return findings
}

function tooDeep(bytes: Uint8Array, at: number): ForetokenError {
  const line = lineOf(bytes, at)
  return new ForetokenError(
    'UNSUPPORTED',
    `Line ${line} nests braces in expressions too deeply, or splits a string by CR LF.`,
    {
      fix: 'Nest at most 16 levels, and end lines with LF.',
      details: { line },
    },
  )
}
