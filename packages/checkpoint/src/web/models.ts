import { ForetokenError } from '@foretoken/core'
import { opfsFolder, storing } from './opfs.ts'
import { lockOf, PREPARED_FOLDER } from './stored.ts'

/** A converted model in the origin private file system. */
export interface StoredModel {
  readonly key: string
  readonly bytes: number
}

/** The stored models with the space that they take. */
export async function listModels(): Promise<StoredModel[]> {
  const root = await opfsFolder(...PREPARED_FOLDER)
  const models: StoredModel[] = []
  for await (const [key, handle] of root.entries()) {
    if (handle.kind !== 'directory') continue
    const bytes = await bytesOf(handle as FileSystemDirectoryHandle).catch(unlessGone)
    if (bytes !== undefined) models.push({ key, bytes })
  }
  return models.sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Frees the space of a stored model. Throws `NOT_FOUND`, and `STORAGE_FAILED` while any tab converts or reads the model. */
export async function removeModel(key: string): Promise<void> {
  const root = await opfsFolder(...PREPARED_FOLDER)
  await root.getDirectoryHandle(key).catch((cause) => {
    throw new ForetokenError('NOT_FOUND', `There is no stored model "${key}".`, {
      fix: 'Name one that `listModels` lists.',
      cause,
    })
  })
  await navigator.locks.request(lockOf(key), { ifAvailable: true }, async (lock) => {
    if (lock) return storing('Removing a model', () => root.removeEntry(key, { recursive: true }))
    throw new ForetokenError('STORAGE_FAILED', `"${key}" is being converted or read, here or in another tab.`, {
      fix: 'Remove it once it is loaded.',
    })
  })
}

/** What another tab removed meanwhile is no model any more. */
function unlessGone(error: unknown): undefined {
  if ((error as Error).name !== 'NotFoundError') throw error
}

async function bytesOf(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0
  for await (const handle of folder.values()) {
    if (handle.kind === 'file') bytes += (await (handle as FileSystemFileHandle).getFile()).size
  }
  return bytes
}
