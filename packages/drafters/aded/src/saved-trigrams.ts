/**
 * Saved form of a trigram table, little-endian 32-bit words: magic, version, capacity, number of pairs, then for each pair its two tokens,
 * the number of successors, their tokens and their weights as float32, then two words of checksum over everything before.
 */
import { ForetokenError } from '@foretoken/core'
import type { TrigramEntry } from './trigram-table.ts'

/** "FTTT": Foretoken trigram table. */
const MAGIC = 0x54545446
const VERSION = 1
const HEADER = 4
const CHECKSUM = 2
const MOST_PAIRS = 2 ** 20

export function saveEntries(capacity: number, entries: readonly TrigramEntry[]): Uint8Array {
  const size = entries.reduce((sum, { tokens }) => sum + 3 + 2 * tokens.length, HEADER + CHECKSUM)
  const words = new Int32Array(size)
  const floats = new Float32Array(words.buffer)
  words.set([MAGIC, VERSION, capacity, entries.length])
  let at = HEADER
  for (const { a, b, tokens, weights } of entries) {
    words.set([a, b, tokens.length, ...tokens], at)
    floats.set(weights, at + 3 + tokens.length)
    at += 3 + 2 * tokens.length
  }
  words.set(checksum(words.subarray(0, at)), at)
  const bytes = new Uint8Array(size * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of words.entries()) view.setInt32(i * 4, word, true)
  return bytes
}

export function loadEntries(bytes: Uint8Array): { capacity: number; entries: TrigramEntry[] } {
  const words = wordsOf(bytes)
  const [, version = 0, capacity = 0, pairs = 0] = words
  if (version !== VERSION) throw notATable(`has version ${version}`, `version ${VERSION}`)
  const end = words.length - CHECKSUM
  const [low, high] = checksum(words.subarray(0, end))
  if (words[end] !== low || words[end + 1] !== high) throw damaged('its checksum differs from its content')
  const isPower = capacity >= 8 && capacity <= MOST_PAIRS && (capacity & (capacity - 1)) === 0
  if (!isPower || pairs < 0 || pairs > capacity) throw damaged(`it holds ${pairs} of ${capacity} pairs`)
  const entries: TrigramEntry[] = []
  let at = HEADER
  for (; entries.length < pairs && at + 3 <= end; at += 3 + 2 * words[at + 2]!) entries.push(entryAt(words, at, end))
  if (at !== end || entries.length !== pairs) throw damaged(`${pairs} pairs do not fill ${bytes.length} bytes`)
  return { capacity, entries }
}

function entryAt(words: Int32Array, at: number, end: number): TrigramEntry {
  const [a = -1, b = -1, count = 0] = words.subarray(at, at + 3)
  const middle = at + 3 + count
  if (count < 1 || count > 12 || middle + count > end) throw damaged(`a pair has ${count} successors`)
  const tokens = [...words.subarray(at + 3, middle)]
  const weights = [...new Float32Array(words.buffer, words.byteOffset + middle * 4, count)]
  if (Math.min(a, b, ...tokens) < 0) throw damaged('it names a negative token')
  if (!weights.every((weight) => weight > 0 && weight <= 3)) throw damaged('a weight is not in (0, 3]')
  return { a, b, tokens, weights }
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
  return new ForetokenError('BAD_OPTION', `The saved trigram table ${found}; expected ${expected}.`, {
    fix: 'Pass the bytes that save() of a trigram table gave, or begin with an empty table.',
  })
}

function damaged(reason: string): ForetokenError {
  return new ForetokenError('BAD_CHECKSUM', `The saved trigram table is damaged: ${reason}.`, {
    fix: 'Throw it away and begin with an empty table; it adapts itself.',
  })
}
