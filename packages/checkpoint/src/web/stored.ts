import { PREPARED_FILES } from '../prepared.ts'

/** Where prepared models lie in the origin private file system. */
export const PREPARED_FOLDER = ['foretoken', 'prepared'] as const

/** Held by whoever writes or removes the folder of this name, and shared by those who read it. */
export const lockOf = (key: string): string => `foretoken-${key}`

/** Removes what closed tabs left half-written: folders without the file that is written last, which nobody writes to. */
export async function removeHalfWritten(root: FileSystemDirectoryHandle, except: string): Promise<void> {
  for await (const [key, handle] of root.entries()) {
    if (key === except || handle.kind !== 'directory') continue
    const folder = handle as FileSystemDirectoryHandle
    const isWhole = () =>
      folder.getFileHandle(PREPARED_FILES.info).then(
        () => true,
        () => false,
      )
    if (await isWhole()) continue
    await navigator.locks.request(lockOf(key), { ifAvailable: true }, async (lock) => {
      if (lock && !(await isWhole())) await root.removeEntry(key, { recursive: true }).catch(() => undefined)
    })
  }
}
