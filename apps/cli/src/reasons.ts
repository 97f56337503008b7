import type { Tokenizer } from '@foretoken/checkpoint'
import { type ConstraintSource, constraintOf } from './constraints.ts'

/** Why a token does not fit behind a text, in words. */
export type Reason = (written: Uint8Array, token: Uint8Array, isStop: boolean) => string

const END = 256
/** Every byte is a token. */
const BYTES = {
  vocabularySize: END + 1,
  stopTokens: Int32Array.of(END),
  tokenBytes: (id: number) => (id < END ? Uint8Array.of(id) : new Uint8Array(0)),
} as unknown as Tokenizer

/** Follows the constraint byte by byte, so that it can tell where inside a token it broke. */
export function reasonsOf(source: ConstraintSource): Reason {
  const constraint = constraintOf(source, BYTES)
  return (written, token, isStop) => {
    const matcher = constraint.matcher()
    for (const byte of written) matcher.advance(byte)
    const fits = isStop ? 0 : matcher.accepts(token)
    for (const byte of token.subarray(0, fits)) matcher.advance(byte)
    const expected = described(matcher.mask())
    if (isStop) return `the text is not complete: ${expected} must follow`
    if (token.length === 0) return `it is a special token without text, where ${expected} must stand`
    if (fits === token.length) return 'no text can go on behind it'
    const found = quoted(firstCharacter(token.subarray(fits)))
    const stands = `${found} cannot stand where ${expected} must`
    return fits === 0 ? stands : `${quoted(decoded(token.subarray(0, fits)))} fits, then ${stands}`
  }
}

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const quoted = (text: string): string => JSON.stringify(text)
const firstCharacter = (bytes: Uint8Array): string => Array.from(decoded(bytes))[0] ?? ''

/** Ranges that are named by their ends. */
const RANGES = ['09', 'az', 'AZ'].map((ends) => [ends.charCodeAt(0), ends.charCodeAt(1)] as const)
const PRINTABLE = Array.from({ length: 95 }, (_, i) => i + 32)
/** Of the printable ones, as many that it is shorter to say which are missing. */
const MANY = 80

/** The bytes of a mask, as a reader would say it. */
function described(mask: Uint32Array): string {
  const has = (byte: number): boolean => (mask[byte >> 5]! & (1 << (byte & 31))) !== 0
  const missing = PRINTABLE.filter((byte) => !has(byte))
  const parts: string[] = []
  if (PRINTABLE.length - missing.length >= MANY) {
    parts.push(missing.length === 0 ? 'any character' : `any character but ${listed(missing.map(nameOf), 'and')}`)
  } else {
    const isPlain = (byte: number): boolean => byte < 128 && has(byte)
    const inRanges = RANGES.flatMap(([low, high]) => runs(low, high, isPlain))
    const isInRange = (byte: number): boolean => RANGES.some(([low, high]) => byte >= low && byte <= high)
    const others = Array.from({ length: 128 }, (_, byte) => byte).filter((byte) => isPlain(byte) && !isInRange(byte))
    parts.push(...others.map(nameOf), ...inRanges)
    if (Array.from({ length: 128 }, (_, i) => i + 128).some(has)) parts.push('a character beyond ASCII')
  }
  if (has(END)) parts.push('the end')
  return listed(parts, 'or')
}

const nameOf = (byte: number): string => quoted(String.fromCharCode(byte))

/** What is there between two bytes: `0-9`, or each for itself where they are few. */
function runs(low: number, high: number, has: (byte: number) => boolean): string[] {
  const found: string[] = []
  for (let from = low; from <= high; from++) {
    if (!has(from)) continue
    let to = from
    while (to < high && has(to + 1)) to++
    if (to - from < 2) for (let byte = from; byte <= to; byte++) found.push(nameOf(byte))
    else found.push(`${String.fromCharCode(from)}-${String.fromCharCode(to)}`)
    from = to
  }
  return found
}

function listed(parts: readonly string[], word: string): string {
  return parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1)}`
}
