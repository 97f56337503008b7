/**
 * A pool as bytes, little-endian 32-bit words: magic, form, vocabulary size (0: not known), number of sequences; for each, oldest
 * first, its length and its tokens; a checksum (FNV-1a over all words before it).
 */
import { ForetokenError } from '@foretoken/core'
import { checksum } from '@foretoken/drafting'

export interface SavedPool {
  /** 0 when no drafter has used the pool. */
  readonly vocabularySize: number
  /** Oldest first. */
  readonly texts: readonly Int32Array[]
}

/** "FTSP" */
const MAGIC = 0x50535446
const FORM = 1
const HEADER_WORDS = 4

export function writePool({ vocabularySize, texts }: SavedPool): Uint8Array {
  const words = texts.reduce((sum, text) => sum + 1 + text.length, HEADER_WORDS)
  const bytes = new Uint8Array(4 * (words + 1))
  const view = new DataView(bytes.buffer)
  let at = 0
  const put = (word: number): void => {
    view.setUint32(4 * at++, word, true)
  }
  for (const word of [MAGIC, FORM, vocabularySize, texts.length]) put(word)
  for (const text of texts) {
    put(text.length)
    for (const token of text) put(token)
  }
  put(checksum(view, 4 * words))
  return bytes
}

/** @throws BAD_OPTION when the bytes are no saved pool, BAD_CHECKSUM when they are one that was cut or changed. */
export function readPool(bytes: Uint8Array): SavedPool {
  if (!(bytes instanceof Uint8Array)) throw notAPool(`is ${typeof bytes}`, 'a Uint8Array')
  const least = 4 * (HEADER_WORDS + 1)
  if (bytes.length < least) throw notAPool(`has ${bytes.length} bytes`, `at least ${least}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number): number => view.getUint32(4 * at, true)
  if (word(0) !== MAGIC) throw notAPool('does not begin as a saved pool does', 'bytes of `save`')
  if (word(1) !== FORM) throw notAPool(`has form ${word(1)}`, `form ${FORM}`)
  if (bytes.length % 4 !== 0) throw damaged(`has ${bytes.length} bytes`, 'whole 32-bit words')
  const words = bytes.length / 4 - 1
  if (word(words) !== checksum(view, 4 * words))
    throw damaged('does not match its checksum', 'the bytes that were saved')
  const [vocabularySize, count] = [word(2), word(3)]
  const mostTokens = vocabularySize === 0 ? 2 ** 31 : vocabularySize
  const texts: Int32Array[] = []
  let at = HEADER_WORDS
  while (texts.length < count && at < words) {
    const length = word(at++)
    if (length === 0 || length > words - at) throw damaged(`has a sequence of ${length} tokens`, `1 to ${words - at}`)
    const text = Int32Array.from({ length }, (_, i) => word(at + i))
    if (text.some((token) => token < 0 || token >= mostTokens))
      throw damaged('has a strange token', `0 to ${mostTokens - 1}`)
    texts.push(text)
    at += length
  }
  if (texts.length !== count || at !== words) throw damaged(`has ${texts.length} whole sequences`, `${count}`)
  return { vocabularySize, texts }
}

function notAPool(found: string, expected: string): ForetokenError {
  return new ForetokenError('BAD_OPTION', `The saved pool ${found}; expected ${expected}.`, {
    fix: 'Pass the bytes that save() of a pool gave, or begin with an empty one: suffixPool().',
  })
}

function damaged(found: string, expected: string): ForetokenError {
  return new ForetokenError('BAD_CHECKSUM', `The saved pool is damaged: it ${found}; expected ${expected}.`, {
    fix: 'Throw it away and begin with an empty one: suffixPool().',
  })
}
