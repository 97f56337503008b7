import { ForetokenError } from '@foretoken/core'
import type { FileSet } from '../bytes.ts'
import type { FileSink, PreparedStore } from '../convert/store.ts'
import { blobSource } from './blob-source.ts'

/** What this package uses of `FileSystemSyncAccessHandle`, which only workers have. */
interface SyncAccess {
  write(bytes: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

/** A folder of the origin private file system, made where it is missing. Throws `STORAGE_FAILED` where there is none. */
export async function opfsFolder(...path: readonly string[]): Promise<FileSystemDirectoryHandle> {
  return storing('Opening the model store', async () => {
    let folder = await navigator.storage.getDirectory()
    for (const name of path) folder = await folder.getDirectoryHandle(name, { create: true })
    return folder
  })
}

/** The files of one folder. */
export function folderFiles(folder: FileSystemDirectoryHandle): FileSet {
  return {
    name: folder.name,
    async open(name) {
      const handle = await folder.getFileHandle(name).catch(() => undefined)
      return handle && blobSource(await handle.getFile(), name)
    },
  }
}

/** A store that writes into `folder`, and closes what a failed writer left open. Only in a worker. */
export function folderStore(folder: FileSystemDirectoryHandle): PreparedStore & { closeAll(): void } {
  const open = new Set<SyncAccess>()
  return {
    create: (name) =>
      storing(`Writing ${name}`, async () => {
        const handle = await folder.getFileHandle(name, { create: true })
        const access = await (
          handle as unknown as { createSyncAccessHandle(): Promise<SyncAccess> }
        ).createSyncAccessHandle()
        open.add(access)
        access.truncate(0)
        return sinkOf(access, name, () => open.delete(access))
      }),
    closeAll() {
      for (const access of open) access.close()
      open.clear()
    },
  }
}

function sinkOf(access: SyncAccess, name: string, onClose: () => void): FileSink {
  let length = 0
  return {
    append: (bytes) =>
      storing(`Writing ${name}`, async () => {
        for (let done = 0; done < bytes.byteLength; ) {
          const written = access.write(bytes.subarray(done), { at: length + done })
          if (written === 0) throw new DOMException('Nothing more could be written.', FULL)
          done += written
        }
        length += bytes.byteLength
      }),
    close: () =>
      storing(`Writing ${name}`, async () => {
        access.flush()
        access.close()
        onClose()
      }),
  }
}

/** Name of the error of a file system without space. */
const FULL = 'QuotaExceededError'

/** Whether an error of `storing` says that the space is used up. */
export const isFull = (error: ForetokenError): boolean => error.details['name'] === FULL

/** Runs `body`; what the file system refuses in it becomes `STORAGE_FAILED` with the reason in words. */
export async function storing<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (cause) {
    if (ForetokenError.is(cause)) throw cause
    const { name, message } = cause as Error
    const isFull = name === FULL
    throw new ForetokenError(
      'STORAGE_FAILED',
      `${what} failed: ${isFull ? 'the space for this site is used up' : message}.`,
      {
        fix: isFull
          ? 'Remove a model, or free space on the disk; private windows may have none.'
          : 'Open the page over https and outside private browsing.',
        details: { name },
        cause,
      },
    )
  }
}
