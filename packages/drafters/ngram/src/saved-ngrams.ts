/**
 * A table of n-grams as bytes, little-endian: magic, form, vocabulary size, contexts, successors (32 bits each); then by columns the
 * first token of each context plus 1 (0: none), its last token, how many successors it has (a byte), the successors' tokens and their probabilities in
 * 255ths (a byte); a checksum (FNV-1a over all bytes before it). A token takes 16 bits where the vocabulary allows it, else 32.
 */
import { ForetokenError } from '@foretoken/core'
import { checksum } from '@foretoken/drafting'

export interface SavedNgrams {
  readonly vocabularySize: number
  /** First and last token of each context, [contexts]; −1 for no first one. */
  readonly before: number[]
  readonly last: number[]
  /** Successors of each context, [contexts]. */
  readonly lengths: number[]
  /** Of all contexts in turn, [successors]; probabilities in 255ths, 1 to 255. */
  readonly tokens: number[]
  readonly shares: number[]
}

/** "FTNG" */
const MAGIC = 0x474e5446
const FORM = 1
const HEADER = 20
const CHECKSUM = 4

/** Bytes of a token: the first of a context is stored plus 1. */
const widthOf = (vocabularySize: number): 2 | 4 => (vocabularySize < 2 ** 16 ? 2 : 4)

export function writeNgrams({ vocabularySize, before, last, lengths, tokens, shares }: SavedNgrams): Uint8Array {
  const width = widthOf(vocabularySize)
  const size = HEADER + before.length * (2 * width + 1) + tokens.length * (width + 1) + CHECKSUM
  const view = new DataView(new ArrayBuffer(size))
  let at = 0
  const put = (value: number, bytes: 1 | 2 | 4): void => {
    if (bytes === 1) view.setUint8(at, value)
    else if (bytes === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += bytes
  }
  for (const word of [MAGIC, FORM, vocabularySize, before.length, tokens.length]) put(word, 4)
  for (const token of before) put(token + 1, width)
  for (const token of last) put(token, width)
  for (const length of lengths) put(length, 1)
  for (const token of tokens) put(token, width)
  for (const share of shares) put(share, 1)
  put(checksum(view, at), 4)
  return new Uint8Array(view.buffer)
}

/** @throws BAD_OPTION when the bytes are no saved table, BAD_CHECKSUM when they are one that was cut or changed. */
export function readNgrams(bytes: Uint8Array): SavedNgrams {
  if (!(bytes instanceof Uint8Array)) throw notATable(`is ${typeof bytes}`, 'a Uint8Array')
  if (bytes.length < HEADER + CHECKSUM) throw notATable(`has ${bytes.length} bytes`, `at least ${HEADER + CHECKSUM}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number): number => view.getUint32(at, true)
  if (word(0) !== MAGIC) throw notATable('does not begin as one', 'the bytes that save() gave')
  if (word(4) !== FORM) throw notATable(`has form ${word(4)}`, `form ${FORM}`)
  const [vocabularySize, contexts, successors] = [word(8), word(12), word(16)]
  const width = widthOf(vocabularySize)
  const size = HEADER + contexts * (2 * width + 1) + successors * (width + 1) + CHECKSUM
  if (bytes.length !== size) throw damaged(`has ${bytes.length} bytes instead of ${size}`)
  if (word(size - CHECKSUM) !== checksum(view, size - CHECKSUM)) throw damaged('does not match its checksum')
  let at = HEADER
  const column = (length: number, each: 1 | 2 | 4): number[] => {
    const from = at
    at += length * each
    const read = (i: number): number =>
      each === 1 ? view.getUint8(from + i) : each === 2 ? view.getUint16(from + 2 * i, true) : word(from + 4 * i)
    return Array.from({ length }, (_, i) => read(i))
  }
  const saved: SavedNgrams = {
    vocabularySize,
    before: column(contexts, width).map((token) => token - 1),
    last: column(contexts, width),
    lengths: column(contexts, 1),
    tokens: column(successors, width),
    shares: column(successors, 1),
  }
  const flaw = flawOf(saved)
  if (flaw !== undefined) throw damaged(flaw)
  return saved
}

function flawOf({ vocabularySize, before, last, lengths, tokens, shares }: SavedNgrams): string | undefined {
  const stranger = [before, last, tokens].flatMap((list) => list.find((token) => token >= vocabularySize) ?? [])[0]
  if (stranger !== undefined) return `names token ${stranger} of ${vocabularySize}`
  const sum = lengths.reduce((a, b) => a + b, 0)
  if (sum !== tokens.length) return `has ${tokens.length} successors instead of ${sum}`
  let at = 0
  for (const length of lengths) {
    const whole = shares.slice(at, at + length).reduce((a, b) => a + b, 0)
    // Each of them is rounded.
    if (length === 0 || whole > 255 + length / 2) return `has a context of ${length} successors with ${whole} of 255`
    at += length
  }
  if (new Set(before.map((a, i) => (a + 1) * vocabularySize + last[i]!)).size < before.length)
    return 'has a context twice'
  return undefined
}

function notATable(found: string, expected: string): ForetokenError {
  return new ForetokenError('BAD_OPTION', `The saved table of n-grams ${found}; expected ${expected}.`, {
    fix: 'Pass the bytes that save() of a table gave, or draft without a table.',
  })
}

function damaged(found: string): ForetokenError {
  return new ForetokenError('BAD_CHECKSUM', `The saved table of n-grams is damaged: it ${found}.`, {
    fix: 'Get the file again, or draft without a table.',
  })
}
