import { ForetokenError } from '@foretoken/core'
import { opfsFolder, storing } from './opfs.ts'
import { PREPARED_FOLDER } from './stored.ts'

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
    if (handle.kind === 'directory') models.push({ key, bytes: await bytesOf(handle as FileSystemDirectoryHandle) })
  }
  return models.sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Frees the space of a stored model. Throws `NOT_FOUND`, and `STORAGE_FAILED` while the model is being converted. */
export async function removeModel(key: string): Promise<void> {
  const root = await opfsFolder(...PREPARED_FOLDER)
  await root.getDirectoryHandle(key).catch((cause) => {
    throw new ForetokenError('NOT_FOUND', `There is no stored model "${key}".`, {
      fix: 'Name one that `listModels` lists.',
      cause,
    })
  })
  await storing('Removing a model', () => root.removeEntry(key, { recursive: true }))
}

async function bytesOf(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0
  for await (const handle of folder.values()) {
    if (handle.kind === 'file') bytes += (await (handle as FileSystemFileHandle).getFile()).size
  }
  return bytes
}
