import { bytesOf, type TextTokenizer, textOf, wholeCharacters } from '@foretoken/drafting'

/** The committed text, in the target's tokens as they come and in the draft model's as they are asked for. */
export interface FollowedText {
  begin(tokens: Int32Array): void
  /** Appends tokens of the target. */
  push(tokens: Int32Array): void
  /** Bytes of the text's last tokens of the target. */
  tail(): readonly number[]
  /** The text in the draft model's tokens; nothing while it ends within a character, or has none. */
  draftTokens(): readonly number[]
}

/** Tokens at the end of a text that are encoded again when it grows: more may change than the last one. */
const AGAIN = 24

export function followedText(draft: TextTokenizer, target: TextTokenizer): FollowedText {
  const bytes: number[] = []
  let lastTokens: number[] = []
  let encoded: number[] = []
  /** Bytes of the text up to the end of each encoded token. */
  let ends: number[] = []

  function append(tokens: Iterable<number>, from: number): void {
    let end = from
    for (const token of tokens) {
      end += bytesOf(draft, token).length
      encoded.push(token)
      ends.push(end)
    }
  }

  function encodeWhole(): void {
    encoded = []
    ends = []
    const tokens = draft.encode(textOf(bytes), { special: false, begin: true })
    // Tokens may hold bytes that the text lacks, such as a space before the first word: ends are counted from behind.
    append(tokens, bytes.length - lengthOf(tokens))
  }

  /** Encodes the end of the text again, and goes over to it where old and new tokens first meet. */
  function encodeEnd(): boolean {
    const first = encoded.length - AGAIN
    if (first < 1) return false
    const tokens = draft.encode(textOf(bytes.slice(ends[first - 1]!)), { special: false })
    let at = bytes.length - lengthOf(tokens)
    for (const [i, token] of tokens.entries()) {
      at += bytesOf(draft, token).length
      const same = i < 2 ? -1 : ends.indexOf(at, first)
      if (same < 0 || same > encoded.length - AGAIN / 2) continue
      encoded.length = same + 1
      ends.length = same + 1
      append(tokens.subarray(i + 1), at)
      return true
    }
    return false
  }

  const lengthOf = (tokens: Int32Array): number => tokens.reduce((sum, token) => sum + bytesOf(draft, token).length, 0)

  function push(tokens: Int32Array): void {
    for (const token of tokens) bytes.push(...bytesOf(target, token))
    lastTokens = [...lastTokens, ...tokens.subarray(-AGAIN)].slice(-AGAIN)
  }

  return {
    begin(tokens) {
      for (const list of [bytes, lastTokens, encoded, ends]) list.length = 0
      push(tokens)
    },
    push,
    tail: () => lastTokens.flatMap((token) => [...bytesOf(target, token)]),
    draftTokens() {
      if (bytes.length === 0 || wholeCharacters(bytes) < bytes.length) return []
      if (ends.at(-1) !== bytes.length && !encodeEnd()) encodeWhole()
      return encoded
    },
  }
}
