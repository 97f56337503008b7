/** The syntax of ECMAScript regular expressions with the flag `u`, less strict about needless escapes. */
import { ForetokenError } from '@foretoken/core'
import { type CodePoints, complementOf, unionOf } from './code-points.ts'
import { shortened } from './limits.ts'
import { propertyOf } from './unicode-property.ts'

export type Pattern =
  | { readonly kind: 'set'; readonly set: CodePoints }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly body: Pattern; readonly min: number; readonly max: number }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'look'; readonly body: Pattern; readonly isNegated: boolean }

const DIGIT: CodePoints = [[48, 57]]
const WORD: CodePoints = unionOf([DIGIT, [[65, 90]], [[95, 95]], [[97, 122]]])
const SPACE: CodePoints = unionOf([
  [[9, 13]],
  [[32, 32]],
  [[160, 160]],
  [[0x1680, 0x1680]],
  [[0x2000, 0x200a]],
  [[0x2028, 0x2029]],
  [[0x202f, 0x202f]],
  [[0x205f, 0x205f]],
  [[0x3000, 0x3000]],
  [[0xfeff, 0xfeff]],
])
const LINE_END: CodePoints = unionOf([[[10, 10]], [[13, 13]], [[0x2028, 0x2029]]])
const CLASSES: Readonly<Record<string, CodePoints>> = {
  d: DIGIT,
  D: complementOf(DIGIT),
  w: WORD,
  W: complementOf(WORD),
  s: SPACE,
  S: complementOf(SPACE),
}
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, '0': 0 }

/**
 * Reads a pattern.
 * @throws BAD_OPTION for bad syntax. UNSUPPORTED for backreferences, lookbehind and word boundaries.
 */
export function parsePattern(source: string): Pattern {
  const points = [...source]
  let at = 0
  const bad = (why: string): ForetokenError =>
    new ForetokenError('BAD_OPTION', `The pattern ${shortened(source)} is not understood at ${at}: ${why}.`, {
      fix: 'Write it as ECMAScript does.',
      details: { pattern: source, at },
    })
  const unsupported = (what: string): ForetokenError =>
    new ForetokenError('UNSUPPORTED', `The pattern ${shortened(source)} has ${what}, which no automaton can follow.`, {
      fix: 'Rewrite it without.',
      details: { pattern: source, what },
    })
  const eat = (text: string): boolean => {
    if (
      !points
        .slice(at, at + text.length)
        .join('')
        .startsWith(text)
    )
      return false
    at += text.length
    return true
  }
  const choice = (): Pattern => {
    const parts = [sequence()]
    while (eat('|')) parts.push(sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }
  const sequence = (): Pattern => {
    const parts: Pattern[] = []
    while (at < points.length && points[at] !== '|' && points[at] !== ')') parts.push(quantified(term()))
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }
  const quantified = (body: Pattern): Pattern => {
    let [min, max] = [1, 1]
    if (eat('*')) [min, max] = [0, Infinity]
    else if (eat('+')) [min, max] = [1, Infinity]
    else if (eat('?')) [min, max] = [0, 1]
    else {
      const match = /^\{(\d+)(,?)(\d*)\}/.exec(points.slice(at, at + 24).join(''))
      if (!match) return body
      at += match[0].length
      min = Number(match[1])
      max = match[2] === '' ? min : match[3] === '' ? Infinity : Number(match[3])
      if (max < min) throw bad('the numbers of a quantifier are out of order')
    }
    eat('?')
    return quantified({ kind: 'repeat', body, min, max })
  }
  const term = (): Pattern => {
    const point = points[at++]!
    if (point === '.') return { kind: 'set', set: complementOf(LINE_END) }
    if (point === '^') return { kind: 'start' }
    if (point === '$') return { kind: 'end' }
    if (point === '(') return group()
    if (point === '[') return { kind: 'set', set: bracket() }
    if (point === '\\') return { kind: 'set', set: escaped(false) }
    if (point === '*' || point === '+' || point === '?') throw bad('nothing to repeat')
    return one(point.codePointAt(0)!)
  }
  const group = (): Pattern => {
    let look: boolean | undefined
    if (eat('?=')) look = false
    else if (eat('?!')) look = true
    else if (eat('?<=') || eat('?<!')) throw unsupported('a lookbehind')
    else if (eat('?<')) while (at < points.length && points[at++] !== '>');
    else if (!eat('?:') && points[at] === '?') throw bad('an unknown group')
    const body = choice()
    if (!eat(')')) throw bad('a group is not closed')
    return look === undefined ? body : { kind: 'look', body, isNegated: look }
  }
  const bracket = (): CodePoints => {
    const isNegated = eat('^')
    const sets: CodePoints[] = []
    while (!eat(']')) {
      if (at >= points.length) throw bad('a class is not closed')
      const low = member()
      const single = low.length === 1 && low[0]![0] === low[0]![1]
      if (single && points[at] === '-' && points[at + 1] !== ']' && at + 1 < points.length) {
        at++
        const high = member()
        const isPoint = high.length === 1 && high[0]![0] === high[0]![1]
        if (isPoint && high[0]![0] < low[0]![0]) throw bad('a range is out of order')
        sets.push(isPoint ? [[low[0]![0], high[0]![0]]] : unionOf([low, [[45, 45]], high]))
      } else sets.push(low)
    }
    const set = unionOf(sets)
    return isNegated ? complementOf(set) : set
  }
  const member = (): CodePoints => {
    const point = points[at++]!
    if (point === '\\') return escaped(true)
    const code = point.codePointAt(0)!
    return [[code, code]]
  }
  const hex = (digits: number): number => {
    const text = points.slice(at, at + digits).join('')
    if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(text)) throw bad('hexadecimal digits are missing')
    at += digits
    return Number.parseInt(text, 16)
  }
  const unicode = (): number => {
    if (eat('{')) {
      const end = points.indexOf('}', at)
      const code = Number.parseInt(points.slice(at, end).join(''), 16)
      if (end < 0 || !(code <= 0x10ffff)) throw bad('a code point is wrong')
      at = end + 1
      return code
    }
    const high = hex(4)
    if (high >= 0xd800 && high < 0xdc00 && eat('\\u')) return (high - 0xd800) * 1024 + (hex(4) - 0xdc00) + 0x10000
    return high
  }
  const escaped = (inClass: boolean): CodePoints => {
    const point = points[at++]
    if (point === undefined) throw bad('it ends in a backslash')
    if (CLASSES[point]) return CLASSES[point]!
    if (point === 'p' || point === 'P') {
      const end = points.indexOf('}', at)
      const name = points.slice(at + 1, end).join('')
      if (points[at] !== '{' || end < 0) throw bad('a property needs braces')
      at = end + 1
      const set = propertyOf(name)
      if (!set) throw bad(`there is no property ${name}`)
      return point === 'p' ? set : complementOf(set)
    }
    if (!inClass && (point === 'b' || point === 'B')) throw unsupported('a word boundary')
    if (!inClass && (/[1-9]/.test(point) || point === 'k')) throw unsupported('a backreference')
    const code = escapedPoint(point)
    return [[code, code]]
  }
  const escapedPoint = (point: string): number => {
    if (point === 'b') return 8
    if (point === 'x') return hex(2)
    if (point === 'u') return unicode()
    if (point === 'c' && /[A-Za-z]/.test(points[at] ?? '')) return points[at++]!.codePointAt(0)! % 32
    return CONTROLS[point] ?? point.codePointAt(0)!
  }
  const pattern = choice()
  if (at < points.length) throw bad('a group is closed that was not opened')
  return pattern
}

const one = (code: number): Pattern => ({ kind: 'set', set: [[code, code]] })
