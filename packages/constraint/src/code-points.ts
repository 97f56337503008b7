import type { Regex, Regexes } from './regexes.ts'

/** A set of code points as sorted, disjoint ranges, both ends included. */
export type CodePoints = readonly (readonly [number, number])[]

/** How a set of characters is spelled in bytes. */
export type Spelling = (set: CodePoints) => Regex

const LAST = 0x10ffff
/** Every character that UTF-8 can spell: all code points but surrogates. */
export const ALL_CODE_POINTS: CodePoints = [
  [0, 0xd7ff],
  [0xe000, LAST],
]

export function unionOf(sets: readonly CodePoints[]): CodePoints {
  const sorted = sets.flat().sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [low, high] of sorted) {
    const last = merged.at(-1)
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else merged.push([low, high])
  }
  return merged
}

export function complementOf(set: CodePoints): CodePoints {
  const gaps: [number, number][] = []
  let from = 0
  for (const [low, high] of unionOf([set])) {
    if (low > from) gaps.push([from, low - 1])
    from = high + 1
  }
  if (from <= LAST) gaps.push([from, LAST])
  return gaps
}

export function intersectionOf(a: CodePoints, b: CodePoints): CodePoints {
  return complementOf(unionOf([complementOf(a), complementOf(b)]))
}

/** Characters in UTF-8. */
export function utf8Spelling(regexes: Regexes): Spelling {
  return (set) => {
    const parts = intersectionOf(set, ALL_CODE_POINTS).flatMap(([low, high]) => utf8Ranges(low, high))
    return regexes.or(parts.map((bytes) => regexes.concat(...bytes.map((range) => regexes.bytes([range])))))
  }
}

const SHORT_ESCAPES = new Map([
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [12, '\\f'],
  [13, '\\r'],
  [34, '\\"'],
  [92, '\\\\'],
])

/**
 * Characters as JSON strings hold them, one spelling each, that of `JSON.stringify`: escaped where they must be, in UTF-8
 * elsewhere. One spelling each makes complements and exclusions of texts exact.
 */
export function jsonSpelling(regexes: Regexes): Spelling {
  const raw = utf8Spelling(regexes)
  const escaped: CodePoints = [
    [0, 0x1f],
    [34, 34],
    [92, 92],
  ]
  return (set) => {
    const parts = [raw(intersectionOf(set, complementOf(escaped)))]
    for (const [low, high] of intersectionOf(set, escaped)) {
      for (let code = low; code <= high; code++) {
        parts.push(regexes.literal(SHORT_ESCAPES.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`))
      }
    }
    return regexes.or(parts)
  }
}

type ByteRanges = (readonly [number, number])[]

/** Sequences of byte ranges that spell exactly the code points from `low` to `high`. */
function utf8Ranges(low: number, high: number): ByteRanges[] {
  for (const last of [0x7f, 0x7ff, 0xffff]) {
    if (low <= last && high > last) return [...utf8Ranges(low, last), ...utf8Ranges(last + 1, high)]
  }
  if (high <= 0x7f) return [[[low, high]]]
  for (const bits of [6, 12, 18]) {
    const rest = (1 << bits) - 1
    if ((low & ~rest) === (high & ~rest)) continue
    if ((low & rest) !== 0) return [...utf8Ranges(low, low | rest), ...utf8Ranges((low | rest) + 1, high)]
    if ((high & rest) !== rest) return [...utf8Ranges(low, (high & ~rest) - 1), ...utf8Ranges(high & ~rest, high)]
  }
  const first = utf8Bytes(low)
  const last = utf8Bytes(high)
  return [first.map((byte, i) => [byte, last[i]!] as const)]
}

function utf8Bytes(code: number): number[] {
  if (code <= 0x7ff) return [0xc0 | (code >> 6), 0x80 | (code & 63)]
  if (code <= 0xffff) return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)]
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)]
}
