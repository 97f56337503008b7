/** Readers of GBNF (llama.cpp) and of the part of Lark's language that speaks of texts. */
import { type CodePoints, LIMITS, parsePattern } from '@foretoken/constraint'
import { ForetokenError } from '@foretoken/core'
import type { Expression, Rules } from './expression.ts'

export interface Source {
  readonly rules: Rules
  /** Names of rules whose text may stand between others. */
  readonly ignored: readonly Expression[]
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', f: '\f', v: '\v', b: '\b' }

/**
 * Reads a grammar.
 * @throws BAD_OPTION naming line and reason.
 */
export function readGrammar(source: string, dialect: 'gbnf' | 'lark'): Source {
  const isLark = dialect === 'lark'
  let at = 0
  const bad = (why: string): ForetokenError => {
    const line = source.slice(0, at).split('\n').length
    return new ForetokenError('BAD_OPTION', `The grammar is not understood in line ${line}: ${why}.`, {
      fix: isLark ? 'Write it as Lark does.' : 'Write it as llama.cpp does.',
      details: { line },
    })
  }
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(source)
    if (!found) return undefined
    at = pattern.lastIndex
    return found[1] ?? found[0]
  }
  const blank = isLark ? /(?:\s|\/\/[^\n]*)*/y : /(?:\s|#[^\n]*)*/y
  const skip = (): void => {
    match(blank)
  }
  const eat = (text: string): boolean => {
    skip()
    if (!source.startsWith(text, at)) return false
    at += text.length
    return true
  }
  const head = isLark ? /[?!]?([a-zA-Z_]\w*)(?:\.\d+)?\s*:(?!:)/y : /([a-zA-Z][\w-]*)\s*::=/y
  const startsRule = (): boolean => {
    skip()
    const before = at
    const found = match(head) !== undefined || (isLark && source[at] === '%')
    at = before
    return found
  }
  const choice = (): Expression => {
    const parts = [sequence()]
    while (eat('|')) parts.push(sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }
  const sequence = (): Expression => {
    const parts: Expression[] = []
    for (;;) {
      skip()
      if (at >= source.length || '|)]'.includes(source[at]!) || startsRule()) break
      if (isLark && eat('->')) {
        skip()
        match(/\w+/y)
        continue
      }
      parts.push(repeated(term()))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }
  const repeated = (body: Expression): Expression => {
    const bounds = (min: number, max: number): Expression => repeated({ kind: 'repeat', body, min, max })
    if (match(/\*/y)) return bounds(0, Infinity)
    if (match(/\+/y)) return bounds(1, Infinity)
    if (match(/\?/y)) return bounds(0, 1)
    const counts = match(isLark ? /\s*~\s*(\d+(?:\s*\.\.\s*\d+)?)/y : /\{(\d+\s*(?:,\s*\d*)?)\}/y)
    if (counts === undefined) return body
    const [low = '', high] = counts.split(/\s*(?:,|\.\.)\s*/)
    const max = high === undefined ? Number(low) : high === '' ? Infinity : Number(high)
    if (max < Number(low)) throw bad('a repetition is out of order')
    return bounds(Number(low), max)
  }
  const term = (): Expression => {
    if (eat('(')) {
      const body = choice()
      if (!eat(')')) throw bad('a group is not closed')
      return body
    }
    if (isLark && eat('[')) {
      const body = choice()
      if (!eat(']')) throw bad('an option is not closed')
      return { kind: 'repeat', body, min: 0, max: 1 }
    }
    const text = match(/"((?:[^"\\]|\\.)*)"/y)
    if (text !== undefined) return literal(unescaped(text))
    if (isLark) {
      const pattern = match(/\/((?:[^/\\\n]|\\.)+)\//y)
      if (pattern !== undefined) {
        if (match(/[a-z]+/y)) throw bad('flags of patterns are not supported')
        return { kind: 'pattern', source: pattern }
      }
    } else {
      if (match(/\./y)) return { kind: 'set', set: [[0, 0x10ffff]] }
      const set = match(/\[(?:[^\]\\]|\\.)*\]/y)
      if (set !== undefined) return { kind: 'set', set: setOf(set) }
    }
    const name = match(isLark ? /[a-zA-Z_]\w*/y : /[a-zA-Z][\w-]*/y)
    if (name === undefined) throw bad(`${JSON.stringify(source[at] ?? 'the end')} was not expected`)
    return { kind: 'call', name }
  }
  const literal = (text: string): Expression => {
    if (!isLark) return { kind: 'text', text }
    const last = match(/\s*\.\.\s*"((?:[^"\\]|\\.)*)"/y)
    if (last !== undefined) {
      const range: CodePoints = [[text.codePointAt(0) ?? 0, unescaped(last).codePointAt(0) ?? 0]]
      return { kind: 'set', set: range }
    }
    return match(/i(?!\w)/y) === undefined ? { kind: 'text', text } : { kind: 'text', text, ignoresCase: true }
  }
  const setOf = (text: string): CodePoints => {
    const pattern = parsePattern(text.replace(/\\U([0-9a-fA-F]{8})/g, '\\u{$1}'))
    if (pattern.kind !== 'set') throw bad('a class was expected')
    return pattern.set
  }
  const rules = new Map<string, Expression>()
  const ignored: Expression[] = []
  for (skip(); at < source.length; skip()) {
    if (isLark && eat('%ignore')) {
      ignored.push(choice())
      continue
    }
    if (isLark && source[at] === '%') throw bad('only %ignore is supported of the directives')
    const name = match(head)
    if (name === undefined) throw bad('a rule was expected')
    if (rules.has(name)) throw bad(`the rule ${name} is there twice`)
    rules.set(name, choice())
    if (rules.size > LIMITS.states) throw bad('there are too many rules')
  }
  return { rules, ignored }
}

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs, (_, x, u, long, other) => {
    const hex = (x ?? u ?? long) as string | undefined
    if (hex === undefined) return ESCAPES[other as string] ?? (other as string)
    const code = Number.parseInt(hex, 16)
    if (code > 0x10ffff) {
      throw new ForetokenError('BAD_OPTION', `The grammar has the character U+${hex}, and the last is U+10FFFF.`, {
        fix: 'Write a character that there is.',
      })
    }
    return String.fromCodePoint(code)
  })
}
