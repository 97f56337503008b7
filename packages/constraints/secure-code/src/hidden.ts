import { ALL_CODE_POINTS, type CodePoints, type Regex, type Regexes, utf8Spelling } from '@foretoken/constraint'

/**
 * Characters that show a reader other code than a compiler sees: line ends that most editors do not show and that end a comment, and
 * marks that turn the direction of text (Boucher and Anderson, "Trojan Source", USENIX Security 2023, CVE-2021-42574).
 */
const HIDDEN: CodePoints = [
  [0, 8],
  [11, 12],
  [0x85, 0x85],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xfeff, 0xfeff],
]

/** UTF-8 without hidden characters. */
export function readableText(regexes: Regexes): Regex {
  const readable = ALL_CODE_POINTS.flatMap(([low, high]) => without(low, high))
  return regexes.repeat(utf8Spelling(regexes)(readable), 0, Infinity)
}

export const isHidden = (code: number): boolean => HIDDEN.some(([low, high]) => code >= low && code <= high)

/** A range without what is hidden. */
function without(low: number, high: number): [number, number][] {
  const ranges: [number, number][] = []
  let from = low
  for (const [first, last] of HIDDEN) {
    if (last < from || first > high) continue
    if (first > from) ranges.push([from, first - 1])
    from = last + 1
  }
  if (from <= high) ranges.push([from, high])
  return ranges
}
