import { badCheckpoint } from '../bad-checkpoint.ts'

/** Thrown inside the parser when a header goes on past the bytes read so far. Never leaves this folder. */
export const MORE: unique symbol = Symbol('more bytes')

// A vocabulary may hold a byte order mark as a token.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** A little-endian reading position over the beginning of a file. */
export interface Cursor {
  position: number
  readonly view: DataView
  readonly bytes: Uint8Array
  /** Bytes of the whole file: a length beyond it is a lie, not a reason to read on. */
  readonly fileLength: number
}

export function cursorOver(bytes: Uint8Array, fileLength: number): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { position: 0, view, bytes, fileLength }
}

/** Moves past `length` bytes and returns where they begin. */
export function take(cursor: Cursor, length: number): number {
  const start = cursor.position
  if (start + length > cursor.fileLength) {
    throw badCheckpoint(
      `The GGUF header needs ${length} bytes at byte ${start}, but the file ends at byte ${cursor.fileLength}.`,
      { offset: start, length, byteLength: cursor.fileLength },
    )
  }
  if (start + length > cursor.bytes.byteLength) throw MORE
  cursor.position = start + length
  return start
}

export function readUint32(cursor: Cursor): number {
  return cursor.view.getUint32(take(cursor, 4), true)
}

/** A u64 that counts or addresses something: beyond 2^53 it cannot be true. */
export function readSize(cursor: Cursor, what: string): number {
  const start = take(cursor, 8)
  const value = cursor.view.getUint32(start, true) + cursor.view.getUint32(start + 4, true) * 2 ** 32
  if (Number.isSafeInteger(value)) return value
  throw badCheckpoint(`The ${what} at byte ${start} is ${value}, larger than any file.`, { offset: start })
}

/** A length-prefixed UTF-8 string. */
export function readString(cursor: Cursor, what: string, limit: number): string {
  const length = readSize(cursor, `length of ${what}`)
  if (length > limit) {
    throw badCheckpoint(`The length of ${what} is ${length} bytes; at most ${limit} were expected.`, { length, limit })
  }
  const start = take(cursor, length)
  return utf8.decode(cursor.bytes.subarray(start, start + length))
}

/** Refuses a count of items that could not fit into what is left of the file. */
export function checkCount(cursor: Cursor, count: number, bytesEach: number, limit: number, what: string): void {
  const fitting = Math.floor((cursor.fileLength - cursor.position) / bytesEach)
  const most = Math.min(limit, fitting)
  if (count <= most) return
  throw badCheckpoint(`The header promises ${count} ${what}; at most ${most} are possible here.`, { count, most })
}
