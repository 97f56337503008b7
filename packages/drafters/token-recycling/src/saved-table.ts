/**
 * Saved form of an adjacency table, little-endian 32-bit words: magic, version, vocabularySize, width, number of rows, then for each known
 * row its token and its successors, then two words of checksum over everything before.
 */
import { ForetokenError } from '@foretoken/core'

/** "FTAT": Foretoken adjacency table. */
const MAGIC = 0x54415446
const VERSION = 1
const HEADER = 5
const CHECKSUM = 2

/** @param successors [vocabularySize, width] */
export function saveRows(successors: Int32Array, vocabularySize: number, width: number): Uint8Array {
  const known: number[] = []
  for (let token = 0; token < vocabularySize; token++) if (successors[token * width]! >= 0) known.push(token)
  const words = new Int32Array(HEADER + known.length * (width + 1) + CHECKSUM)
  words.set([MAGIC, VERSION, vocabularySize, width, known.length])
  let at = HEADER
  for (const token of known) {
    words[at] = token
    words.set(successors.subarray(token * width, (token + 1) * width), at + 1)
    at += width + 1
  }
  words.set(checksum(words.subarray(0, at)), at)
  const bytes = new Uint8Array(words.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of words.entries()) view.setInt32(i * 4, word, true)
  return bytes
}

/** @returns The successors, [vocabularySize, width], −1 where none is known. */
export function loadRows(bytes: Uint8Array, vocabularySize: number): { successors: Int32Array; width: number } {
  const words = wordsOf(bytes)
  const [, version = 0, saved = 0, width = 0, rows = 0] = words
  if (version !== VERSION) throw notATable(`has version ${version}`, `version ${VERSION}`)
  const end = words.length - CHECKSUM
  const [low, high] = checksum(words.subarray(0, end))
  if (words[end] !== low || words[end + 1] !== high) throw damaged('its checksum differs from its content')
  if (saved !== vocabularySize) {
    throw new ForetokenError(
      'VOCABULARY_MISMATCH',
      `The saved adjacency table is for ${saved} tokens; the target has ${vocabularySize}.`,
      { fix: 'Load the table that was saved with this model.', details: { saved, vocabularySize } },
    )
  }
  if (width < 1 || width > 64 || rows < 0 || end !== HEADER + rows * (width + 1)) {
    throw damaged(`${rows} rows of ${width} successors do not fill ${bytes.length} bytes`)
  }
  const successors = new Int32Array(vocabularySize * width).fill(-1)
  for (let at = HEADER; at < end; at += width + 1) {
    const row = words.subarray(at, at + width + 1)
    if (row[0]! < 0 || row.some((token) => token < -1 || token >= vocabularySize)) {
      throw damaged('it names a token outside the vocabulary')
    }
    successors.set(row.subarray(1), row[0]! * width)
  }
  return { successors, width }
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const least = (HEADER + CHECKSUM) * 4
  if (bytes.length < least) throw notATable(`has ${bytes.length} bytes`, `at least ${least}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getInt32(0, true) !== MAGIC) throw notATable('does not begin as one', 'the bytes that save() gave')
  if (bytes.length % 4 !== 0) throw damaged(`it has ${bytes.length} bytes, not a multiple of 4`)
  return Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(i * 4, true))
}

/** Two independent multiplicative hashes, so that a changed word, or two exchanged ones, cannot pass by chance. */
function checksum(words: Int32Array): [number, number] {
  let low = 0x811c9dc5 | 0
  let high = 0x9747b28c | 0
  for (const word of words) {
    low = Math.imul(low ^ word, 0x01000193)
    low ^= low >>> 15
    high = Math.imul(high ^ word, 0x5bd1e995)
    high ^= high >>> 13
  }
  return [low, high]
}

function notATable(found: string, expected: string): ForetokenError {
  return new ForetokenError('BAD_OPTION', `The saved adjacency table ${found}; expected ${expected}.`, {
    fix: 'Pass the bytes that save() of an adjacency table gave, or begin with an empty table.',
  })
}

function damaged(reason: string): ForetokenError {
  return new ForetokenError('BAD_CHECKSUM', `The saved adjacency table is damaged: ${reason}.`, {
    fix: 'Throw it away and begin with an empty table; it fills itself.',
  })
}
