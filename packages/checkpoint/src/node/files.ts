import { open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { type ByteSource, checkRange, type FileSet } from '../bytes.ts'

/** A file on disk. Throws `NOT_FOUND` when there is none at `path`. */
export async function fileSource(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR'
    throw new ForetokenError(
      missing ? 'NOT_FOUND' : 'STORAGE_FAILED',
      missing ? `There is no file at ${path}.` : `${path} cannot be read: ${cause.message}.`,
      { fix: missing ? 'Check the path.' : 'Check the permissions of the file.', details: { path }, cause },
    )
  })
  const { size } = await handle.stat()
  const name = basename(path)
  return {
    name,
    byteLength: size,
    async read(offset, length) {
      checkRange(name, size, offset, length)
      const bytes = new Uint8Array(length)
      // One read call returns at most 2 GiB.
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done)
        if (bytesRead === 0) checkRange(name, offset + done, offset, length)
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

/** The files of one folder; names with a separator or a leading dot are not opened. */
export function folderFiles(folder: string): FileSet {
  return {
    name: basename(folder),
    async open(name) {
      const path = join(folder, name)
      const plain = basename(name) === name && !name.startsWith('.')
      const found = plain ? await stat(path).catch(() => undefined) : undefined
      return found?.isFile() ? fileSource(path) : undefined
    },
  }
}
