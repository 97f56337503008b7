import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileSink, PreparedStore } from '../convert/store.ts'
import { storing } from './storage.ts'

/** A store that writes into an existing folder, and closes what a failed writer left open. */
export interface FolderStore extends PreparedStore {
  closeAll(): Promise<void>
}

export function folderStore(folder: string): FolderStore {
  const handles = new Set<FileHandle>()
  return {
    create: (name) =>
      storing(`Writing ${name}`, async () => {
        const handle = await open(join(folder, name), 'w')
        handles.add(handle)
        return sinkOf(handle, name, () => handles.delete(handle))
      }),
    async closeAll() {
      await Promise.all([...handles].map((handle) => handle.close().catch(() => undefined)))
      handles.clear()
    },
  }
}

function sinkOf(handle: FileHandle, name: string, onClose: () => void): FileSink {
  return {
    append: (bytes) =>
      storing(`Writing ${name}`, async () => {
        // One write call may take less than it is given.
        for (let done = 0; done < bytes.byteLength; ) {
          const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.byteLength - done, 2 ** 30))
          done += bytesWritten
        }
      }),
    close: () =>
      storing(`Writing ${name}`, async () => {
        onClose()
        await handle.close()
      }),
  }
}
