const encoder = new TextEncoder()

/** The UTF-8 bytes of a text; of a short one without a call into the runtime, whose cost would be many times that of the bytes. */
export function utf8Bytes(text: string): Uint8Array {
  if (text.length > SHORT) return encoder.encode(text)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encoder.encode(text)
    bytes[i] = code
  }
  return bytes
}

const SHORT = 64

/** Where a reader of UTF-8 stands: between characters; or how many bytes, and of which range, a character still has; or past an error. */
export type Utf8State = number

export const UTF8_START: Utf8State = 0
export const UTF8_BAD: Utf8State = 8

/** By state: the range of the byte that may come next, and the state after it (Unicode 15, table 3-7). */
const WITHIN = [
  [0, 0, UTF8_BAD],
  [0x80, 0xbf, UTF8_START],
  [0x80, 0xbf, 1],
  [0x80, 0xbf, 2],
  [0xa0, 0xbf, 1],
  [0x80, 0x9f, 1],
  [0x90, 0xbf, 2],
  [0x80, 0x8f, 2],
  [0, -1, UTF8_BAD],
] as const

/** First bytes of characters, those after them above: the state behind. */
const LEADS: readonly (readonly [number, Utf8State])[] = [
  [0xf5, UTF8_BAD],
  [0xf4, 7],
  [0xf1, 3],
  [0xf0, 6],
  [0xee, 2],
  [0xed, 5],
  [0xe1, 2],
  [0xe0, 4],
  [0xc2, 1],
  [0x80, UTF8_BAD],
  [0, UTF8_START],
]

export function utf8Next(state: Utf8State, byte: number): Utf8State {
  if (state === UTF8_START) return LEADS.find(([first]) => byte >= first)![1]
  const [low, high, next] = WITHIN[state]!
  return byte >= low && byte <= high ? next : UTF8_BAD
}
