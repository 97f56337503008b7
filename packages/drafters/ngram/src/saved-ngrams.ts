/**
 * A table of n-grams as bytes, little-endian: magic, form, vocabulary size, contexts, successors, order (32 bits each); then by
 * columns how many contexts the root and each context begin (level by level, so that a level lists the children of the one before), the token of
 * each context that the shorter one lacks, how many successors it has (a byte), the successors' tokens and their probabilities in 255ths (a byte); a
 * checksum (FNV-1a over all bytes before it). Tokens and counts take 16 bits where the vocabulary allows it, else 32.
 */
import { ForetokenError } from '@foretoken/core'
import { checksum } from '@foretoken/drafting'

type Numbers = readonly number[] | Uint8Array | Uint16Array | Uint32Array

export interface SavedNgrams {
  readonly vocabularySize: number
  /** Levels of contexts. */
  readonly order: number
  /** Contexts that are one token longer, of the root and of each context, [contexts + 1]. */
  readonly children: Numbers
  /** What each context has before its parent's tokens, [contexts]; ascending among those of one parent. */
  readonly words: Numbers
  /** Successors of each context, [contexts]. */
  readonly lengths: Numbers
  /** Of all contexts in turn, [successors]; probabilities in 255ths, 1 to 255. */
  readonly tokens: Numbers
  readonly shares: Numbers
}

/** "FTNG" */
const MAGIC = 0x474e5446
const FORM = 2
const HEADER = 24
const CHECKSUM = 4

/** Bytes of a token, and of a number of children: at most one for each token. */
const widthOf = (vocabularySize: number): 2 | 4 => (vocabularySize < 2 ** 16 ? 2 : 4)

export function writeNgrams(saved: SavedNgrams): Uint8Array {
  const { vocabularySize, order, children, words, lengths, tokens, shares } = saved
  const size = sizeOf(vocabularySize, words.length, tokens.length)
  const width = widthOf(vocabularySize)
  const view = new DataView(new ArrayBuffer(size))
  let at = 0
  const put = (value: number, bytes: 1 | 2 | 4): void => {
    if (bytes === 1) view.setUint8(at, value)
    else if (bytes === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += bytes
  }
  for (const word of [MAGIC, FORM, vocabularySize, words.length, tokens.length, order]) put(word, 4)
  for (const count of children) put(count, width)
  for (const word of words) put(word, width)
  for (const length of lengths) put(length, 1)
  for (const token of tokens) put(token, width)
  for (const share of shares) put(share, 1)
  put(checksum(view, at), 4)
  return new Uint8Array(view.buffer)
}

function sizeOf(vocabularySize: number, contexts: number, successors: number): number {
  const width = widthOf(vocabularySize)
  return HEADER + width + contexts * (2 * width + 1) + successors * (width + 1) + CHECKSUM
}

/** @throws BAD_OPTION when the bytes are no saved table, BAD_CHECKSUM when they are one that was cut or changed. */
export function readNgrams(bytes: Uint8Array): SavedNgrams {
  if (!(bytes instanceof Uint8Array)) throw notATable(`is ${typeof bytes}`, 'a Uint8Array')
  if (bytes.length < HEADER + CHECKSUM) throw notATable(`has ${bytes.length} bytes`, `at least ${HEADER + CHECKSUM}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number): number => view.getUint32(at, true)
  if (word(0) !== MAGIC) throw notATable('does not begin as one', 'the bytes that save() gave')
  if (word(4) !== FORM) throw notATable(`has form ${word(4)}`, `form ${FORM}`)
  const [vocabularySize, contexts, successors, order] = [word(8), word(12), word(16), word(20)]
  const width = widthOf(vocabularySize)
  const size = sizeOf(vocabularySize, contexts, successors)
  if (bytes.length !== size) throw damaged(`has ${bytes.length} bytes instead of ${size}`)
  if (word(size - CHECKSUM) !== checksum(view, size - CHECKSUM)) throw damaged('does not match its checksum')
  let at = HEADER
  const column = (length: number, each: 1 | 2 | 4): Numbers => {
    const from = at
    at += length * each
    return columnOf(view, from, length, each)
  }
  const saved: SavedNgrams = {
    vocabularySize,
    order,
    children: column(contexts + 1, width),
    words: column(contexts, width),
    lengths: column(contexts, 1),
    tokens: column(successors, width),
    shares: column(successors, 1),
  }
  const flaw = flawOf(saved)
  if (flaw !== undefined) throw damaged(flaw)
  return saved
}

function columnOf(view: DataView, from: number, length: number, each: 1 | 2 | 4): Numbers {
  if (each === 1) return new Uint8Array(view.buffer, view.byteOffset + from, length).slice()
  const numbers = each === 2 ? new Uint16Array(length) : new Uint32Array(length)
  for (let i = 0; i < length; i++) {
    numbers[i] = each === 2 ? view.getUint16(from + 2 * i, true) : view.getUint32(from + 4 * i, true)
  }
  return numbers
}

function flawOf({ vocabularySize, order, children, words, lengths, tokens, shares }: SavedNgrams): string | undefined {
  for (const list of [words, tokens]) {
    for (let i = 0; i < list.length; i++)
      if (list[i]! >= vocabularySize) return `names token ${list[i]} of ${vocabularySize}`
  }
  const sum = sumOf(lengths, 0, lengths.length)
  if (sum !== tokens.length) return `has ${tokens.length} successors instead of ${sum}`
  const levels = levelsOf(children, words)
  if (levels !== order) return `has ${levels ?? 'no'} levels instead of ${order}`
  for (let i = 0, at = 0; i < lengths.length; i++) {
    const length = lengths[i]!
    const whole = sumOf(shares, at, at + length)
    // Each of them is rounded.
    if (whole > 255 + length / 2) return `has a context of ${length} successors with ${whole} of 255`
    at += length
  }
  return undefined
}

function sumOf(numbers: Numbers, from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += numbers[i]!
  return sum
}

/** Levels of the tree of contexts; nothing when it does not hold together or siblings do not ascend. */
function levelsOf(children: Numbers, words: Numbers): number | undefined {
  let [levels, parent, end, context] = [0, 0, 1, 0]
  for (; parent < end; levels++) {
    for (; parent < end; parent++) {
      const past = context + (children[parent] ?? 0)
      for (let i = context + 1; i < past; i++) if (!(words[i - 1]! < words[i]!)) return undefined
      context = past
    }
    end = Math.min(context, words.length) + 1
  }
  return context === words.length ? levels - 1 : undefined
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
