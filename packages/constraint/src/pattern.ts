import { ForetokenError } from '@foretoken/core'
import { ALL_CODE_POINTS, type Spelling } from './code-points.ts'
import { type Pattern, parsePattern } from './ecma-syntax.ts'
import { shortened, withinStack } from './limits.ts'
import { EMPTY_TEXT, NOTHING, type Regex, type Regexes } from './regexes.ts'

export interface PatternOptions {
  readonly regexes: Regexes
  /** How characters are spelled in bytes: `utf8Spelling` or `jsonSpelling`. */
  readonly spelling: Spelling
  /** The whole text must match, as if between `^` and `$`; otherwise it may stand anywhere. Default: anywhere. */
  readonly isWhole?: boolean
}

/** Copies of a body with an assertion in it. */
const MOST_COPIES = 32

/**
 * An ECMAScript pattern as a regular language. Matching takes time linear in the text. Lookahead becomes intersection,
 * negative lookahead complement.
 * @throws BAD_OPTION for bad syntax. UNSUPPORTED for what is not regular: backreferences, lookbehind, word boundaries.
 */
export function patternRegex(source: string, options: PatternOptions): Regex {
  return withinStack(`The pattern ${source}`, () => compiledPattern(source, options))
}

function compiledPattern(source: string, { regexes, spelling, isWhole = false }: PatternOptions): Regex {
  const pattern = parsePattern(source)
  const character = spelling(ALL_CODE_POINTS)
  const anyText = regexes.repeat(character, 0, Infinity)
  const compile = compilerOf(source, regexes, spelling, anyText)
  if (isWhole) return compile(pattern, EMPTY_TEXT, true)
  if (!mentionsStart(pattern)) return regexes.concat(anyText, compile(absorbed(pattern), anyText, false))
  const later = compile(pattern, anyText, false)
  const further = later === NOTHING ? NOTHING : regexes.concat(character, anyText, later)
  return regexes.or([compile(pattern, anyText, true), further])
}

/** After any text, the first repetition need not be longer than it must. */
function absorbed(pattern: Pattern): Pattern {
  if (pattern.kind === 'repeat' && isPure(pattern.body)) return { ...pattern, max: pattern.min }
  if (pattern.kind === 'choice') return { kind: 'choice', parts: pattern.parts.map(absorbed) }
  if (pattern.kind !== 'sequence' || pattern.parts.length === 0) return pattern
  return { kind: 'sequence', parts: [absorbed(pattern.parts[0]!), ...pattern.parts.slice(1)] }
}

const mentionsStart = (pattern: Pattern): boolean => pattern.kind === 'start' || childrenOf(pattern).some(mentionsStart)

function childrenOf(pattern: Pattern): readonly Pattern[] {
  if (pattern.kind === 'sequence' || pattern.kind === 'choice') return pattern.parts
  return pattern.kind === 'repeat' || pattern.kind === 'look' ? [pattern.body] : []
}

const isPure = (pattern: Pattern): boolean =>
  pattern.kind !== 'start' && pattern.kind !== 'end' && pattern.kind !== 'look' && childrenOf(pattern).every(isPure)

const isZeroWidth = (pattern: Pattern): boolean =>
  pattern.kind === 'start' ||
  pattern.kind === 'end' ||
  pattern.kind === 'look' ||
  (pattern.kind !== 'set' && childrenOf(pattern).every(isZeroWidth))

/** Whether a pattern may match no character; assertions count as holding. */
function canBeEmpty(pattern: Pattern): boolean {
  if (pattern.kind === 'set') return false
  if (pattern.kind === 'choice') return pattern.parts.some(canBeEmpty)
  if (pattern.kind === 'sequence') return pattern.parts.every(canBeEmpty)
  return pattern.kind !== 'repeat' || pattern.min === 0 || canBeEmpty(pattern.body)
}

/** What a pattern and then `rest` match; `rest` reaches to the end of the text, so that assertions can constrain it. */
type Compile = (pattern: Pattern, rest: Regex, atStart: boolean) => Regex

function compilerOf(source: string, regexes: Regexes, spelling: Spelling, anyText: Regex): Compile {
  const unsupported = (what: string): ForetokenError =>
    new ForetokenError('UNSUPPORTED', `The pattern ${shortened(source)} has ${what}.`, {
      fix: 'Rewrite it without.',
      details: { pattern: source, what },
    })
  const sequence = (parts: readonly Pattern[], rest: Regex, atStart: boolean): Regex => {
    const starts: boolean[] = []
    let isStart = atStart
    let mayBeStart = atStart
    for (const part of parts) {
      if (mayBeStart && !isStart && mentionsStart(part)) throw unsupported('a ^ after something optional')
      starts.push(isStart)
      isStart &&= isZeroWidth(part)
      mayBeStart &&= canBeEmpty(part)
    }
    return parts.reduceRight((after, part, i) => compile(part, after, starts[i]!), rest)
  }
  const compile: Compile = (pattern, rest, atStart) => {
    switch (pattern.kind) {
      case 'set':
        return regexes.concat(spelling(pattern.set), rest)
      case 'sequence':
        return sequence(pattern.parts, rest, atStart)
      case 'choice':
        return regexes.or(pattern.parts.map((part) => compile(part, rest, atStart)))
      case 'start':
        return atStart ? rest : NOTHING
      case 'end':
        return regexes.isNullable(rest) ? EMPTY_TEXT : NOTHING
      case 'look': {
        const ahead = compile(pattern.body, anyText, atStart)
        return regexes.and([pattern.isNegated ? regexes.not(ahead) : ahead, rest])
      }
      case 'repeat': {
        const { body, min, max } = pattern
        // Whatever may follow absorbs further repetitions.
        if (isPure(body) && rest === anyText) {
          return regexes.concat(regexes.repeat(compile(body, EMPTY_TEXT, false), min, min), rest)
        }
        if (isPure(body)) return regexes.concat(regexes.repeat(compile(body, EMPTY_TEXT, false), min, max), rest)
        if (!(max <= MOST_COPIES)) throw unsupported('an assertion in a repetition')
        let all = rest
        for (let i = max; i > 0; i--) {
          const once = compile(body, all, atStart && i === 1)
          all = i > min ? regexes.or([rest, once]) : once
        }
        return all
      }
    }
  }
  return compile
}
