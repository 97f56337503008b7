import { badCheckpoint } from './bad-checkpoint.ts'

/** Random access to the bytes of one file, wherever it lies: a disk, memory, a browser's file system. */
export interface ByteSource {
  /** A name for messages; not necessarily a path. */
  readonly name: string
  readonly byteLength: number
  /**
   * Bytes [offset, offset + length), freshly allocated or borrowed until the source is closed. A range outside the
   * file throws `BAD_CHECKPOINT`.
   */
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** Named files that belong together: the folder of a sharded checkpoint. */
export interface FileSet {
  readonly name: string
  /** The file's bytes, or `undefined` when there is no such file. `name` is one path segment. */
  open(name: string): Promise<ByteSource | undefined>
}

/** A source over bytes in memory; `read` gives views. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    name,
    byteLength: bytes.byteLength,
    async read(offset, length) {
      checkRange(name, bytes.byteLength, offset, length)
      return bytes.subarray(offset, offset + length)
    },
    async close() {},
  }
}

/** A file set over bytes in memory. */
export function memoryFiles(files: ReadonlyMap<string, Uint8Array>, name = 'memory'): FileSet {
  return {
    name,
    async open(file) {
      const bytes = files.get(file)
      return bytes && memorySource(bytes, file)
    },
  }
}

/** Throws `BAD_CHECKPOINT` unless [offset, offset + length) lies in the file. */
export function checkRange(name: string, byteLength: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!whole || offset + length > byteLength) {
    throw badCheckpoint(`${name} ends at byte ${byteLength}, but bytes ${offset} to ${offset + length} were asked.`, {
      offset,
      length,
      byteLength,
    })
  }
}

/** Reads a whole small file as UTF-8 text; more than `limit` bytes throws `BAD_CHECKPOINT`. */
export async function readText(source: ByteSource, limit: number): Promise<string> {
  if (source.byteLength > limit) {
    throw badCheckpoint(
      `${source.name} holds ${source.byteLength} bytes; at most ${limit} were expected of such a file.`,
    )
  }
  return new TextDecoder().decode(await source.read(0, source.byteLength))
}
