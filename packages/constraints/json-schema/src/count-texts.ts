import type { Regex, Regexes } from '@foretoken/constraint'

/** Whether a language has at least `count` texts. */
export function hasTexts(regexes: Regexes, regex: Regex, count: number): boolean {
  let level = regexes.isEmpty(regex) ? [] : [regex]
  let found = 0
  // Different texts of one length stand in different places of a level, and each of them can be completed.
  while (level.length > 0 && found < count && level.length + found < count) {
    found += level.filter((each) => regexes.isNullable(each)).length
    level = level.flatMap((each) => [...regexes.row(each)].filter((target) => target !== 0)).slice(0, count)
  }
  return found + level.length >= count
}

const utf8 = new TextDecoder()

/** All texts of a language that has fewer than `count`; undefined of a larger one. */
export function fewTexts(regexes: Regexes, regex: Regex, count: number): readonly string[] | undefined {
  if (hasTexts(regexes, regex, count)) return undefined
  const found: string[] = []
  const visit = (at: Regex, bytes: readonly number[]): void => {
    if (regexes.isNullable(at)) found.push(utf8.decode(Uint8Array.from(bytes)))
    for (const [byte, target] of regexes.row(at).entries()) if (target !== 0) visit(target, [...bytes, byte])
  }
  if (!regexes.isEmpty(regex)) visit(regex, [])
  return found
}

/** Bytes given one character each. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0))

const encoder = new TextEncoder()

/** A text as captures hold it: its bytes, one character each. */
export const captureOf = (text: string): string => String.fromCharCode(...encoder.encode(text))

/** Numbers texts: a list of long ones has a short name. */
export function namesOfLists(): (texts: readonly string[]) => string {
  const numbers = new Map<string, number>()
  const numberOf = (text: string): number => {
    const found = numbers.get(text)
    if (found !== undefined) return found
    numbers.set(text, numbers.size)
    return numbers.size - 1
  }
  return (texts) => texts.map(numberOf).join()
}
