import { ForetokenError } from '@foretoken/core'
import { type ByteSource, checkRange } from '../bytes.ts'

/** A file that a user chose, a download, or a file of the origin private file system. */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    byteLength: blob.size,
    async read(offset, length) {
      checkRange(name, blob.size, offset, length)
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
      } catch (cause) {
        throw new ForetokenError('STORAGE_FAILED', `${name} can no longer be read: ${(cause as Error).message}.`, {
          fix: 'Choose the file again; if memory ran out, close other tabs or choose a smaller model.',
          cause,
        })
      }
    },
    async close() {},
  }
}
