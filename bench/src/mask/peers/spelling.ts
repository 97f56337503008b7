import type { TokenSource } from '@foretoken/constraint'

/** A character for each byte, as byte-level BPE spells tokens: printable ones stand for themselves (GPT-2). */
const CHARACTERS: readonly string[] = (() => {
  const isPrintable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++))
})()

/** A token's byte-level spelling; empty for one without bytes. */
export function spellingOf(tokens: TokenSource, id: number): string {
  return Array.from(tokens.tokenBytes(id), (byte) => CHARACTERS[byte]!).join('')
}
