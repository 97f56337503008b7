import {
  ALL_CODE_POINTS,
  jsonSpelling,
  NOTHING,
  patternRegex,
  type Regex,
  type Regexes,
  type Spelling,
  utf8Bytes,
} from '@foretoken/constraint'
import { FORMATS, LOOSE_FORMATS } from './formats.ts'

/** Sets of strings as languages of what stands between the quotes, one spelling for each string. */
export interface Texts {
  readonly all: Regex
  exactly(text: string): Regex
  length(min: number, max: number): Regex
  /** Strings that hold a match of an ECMAScript pattern. */
  pattern(source: string): Regex
  /** Undefined for a format that is not known. */
  format(name: string): Regex | undefined
  /** At least all strings of a format, by whatever validator. Undefined where that is all strings. */
  looseFormat(name: string): Regex | undefined
  both(a: Regex, b: Regex): Regex
  either(sets: readonly Regex[]): Regex
  without(set: Regex): Regex
  /** A set without these strings. */
  except(set: Regex, texts: readonly string[]): Regex
  /** With the quotes; any string may be escaped as the model likes. */
  written(set: Regex): Regex
  holds(set: Regex, text: string): boolean
}

/** String languages of a store. */
export function texts(regexes: Regexes): Texts {
  const spell = jsonSpelling(regexes)
  /** Languages of single characters. */
  const single = new Set<Regex>()
  const spellings = new Map<string, Regex>()
  const spelling: Spelling = (set) => {
    const key = set.join()
    const made = spellings.get(key) ?? spell(set)
    spellings.set(key, made)
    single.add(made)
    return made
  }
  const character = spelling(ALL_CODE_POINTS)
  const both = (a: Regex, b: Regex): Regex => {
    if (a === all || b === all) return a === all ? b : a
    const [first, second] = [runOf(regexes, a, single), runOf(regexes, b, single)]
    if (!first || !second || (first.of !== character && second.of !== character)) return regexes.and([a, b])
    // As many of either: no product of automata is needed.
    const [min, max] = [Math.max(first.min, second.min), Math.min(first.max, second.max)]
    return min > max ? NOTHING : regexes.repeat(first.of === character ? second.of : first.of, min, max)
  }
  const length = (min: number, max: number): Regex => regexes.repeat(character, min, max)
  const all = length(0, Infinity)
  const without = (set: Regex): Regex => {
    if (set === NOTHING) return all
    const run = runOf(regexes, set, single)
    if (run?.of !== character) return regexes.and([all, regexes.not(set)])
    const shorter = run.min === 0 ? NOTHING : length(0, run.min - 1)
    return regexes.or([shorter, run.max === Infinity ? NOTHING : length(run.max + 1, Infinity)])
  }
  const quote = regexes.literal('"')
  const patterns = new Map<string, Regex>()
  const free = freeString(regexes)
  const spelled = (text: string): string => JSON.stringify(text).slice(1, -1)
  const compiled = (source: string, isWhole: boolean): Regex => {
    const key = `${isWhole} ${source}`
    const found = patterns.get(key) ?? patternRegex(source, { regexes, spelling, isWhole })
    patterns.set(key, found)
    return found
  }
  return {
    all,
    exactly: (text) => regexes.literal(spelled(text)),
    length,
    pattern: (source) => compiled(source, false),
    format(name) {
      const sources = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
      return sources && regexes.and(sources.map((source) => compiled(source, true)))
    },
    looseFormat(name) {
      const source = Object.hasOwn(LOOSE_FORMATS, name) ? LOOSE_FORMATS[name] : undefined
      return source === undefined ? undefined : compiled(source, true)
    },
    both,
    either: (sets) => (sets.includes(all) ? all : regexes.or(sets)),
    without,
    except: (set, list) =>
      list.length === 0
        ? set
        : regexes.except(
            set,
            list.map((text) => utf8Bytes(spelled(text))),
          ),
    written: (set) => (set === all ? free : regexes.concat(quote, set, quote)),
    holds: (set, text) => set === all || regexes.matches(set, utf8Bytes(spelled(text))),
  }
}

/** From `min` to `max` characters, each one of a set. */
interface CharacterRun {
  readonly of: Regex
  readonly min: number
  readonly max: number
}

function runOf(regexes: Regexes, set: Regex, single: ReadonlySet<Regex>): CharacterRun | undefined {
  if (single.has(set)) return { of: set, min: 1, max: 1 }
  const node = regexes.nodeOf(set)
  if (node.kind !== 'repeat' || !single.has(node.body)) return undefined
  return { of: node.body, min: node.min, max: node.max }
}

/** Any JSON string, with every escape that JSON knows. */
function freeString({ bytes, concat, or, repeat, literal }: Regexes): Regex {
  const tail = bytes([[0x80, 0xbf]])
  const hex = bytes([
    [48, 57],
    [65, 70],
    [97, 102],
  ])
  const escaped = concat(
    literal('\\'),
    or([...[...'"\\/bfnrt'].map((each) => literal(each)), concat(literal('u'), repeat(hex, 4, 4))]),
  )
  const character = or([
    bytes([
      [0x20, 0x21],
      [0x23, 0x5b],
      [0x5d, 0x7f],
    ]),
    concat(bytes([[0xc2, 0xdf]]), tail),
    concat(bytes([[0xe0, 0xe0]]), bytes([[0xa0, 0xbf]]), tail),
    concat(
      bytes([
        [0xe1, 0xec],
        [0xee, 0xef],
      ]),
      tail,
      tail,
    ),
    concat(bytes([[0xed, 0xed]]), bytes([[0x80, 0x9f]]), tail),
    concat(bytes([[0xf0, 0xf0]]), bytes([[0x90, 0xbf]]), tail, tail),
    concat(bytes([[0xf1, 0xf3]]), tail, tail, tail),
    concat(bytes([[0xf4, 0xf4]]), bytes([[0x80, 0x8f]]), tail, tail),
    escaped,
  ])
  return concat(literal('"'), repeat(character, 0, Infinity), literal('"'))
}
