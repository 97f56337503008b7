import { ForetokenError } from '@foretoken/core'
import type { FileSet } from '../bytes.ts'
import { HUB_URL } from '../hub.ts'
import { PREPARED_FILES } from '../prepared.ts'
import { blobSource } from './blob-source.ts'
import { type DownloadOptions, download, validatorOf } from './download.ts'

export interface RemoteOptions extends DownloadOptions {
  /** Default `https://huggingface.co`. */
  readonly hubUrl?: string
  /** For repositories that are not public; sent to the hub only. */
  readonly hubToken?: string
}

/** Files with what was loaded of them. */
export interface LoadedFiles extends FileSet {
  /** By name. */
  loaded(): ReadonlyMap<string, Blob>
}

/** Files that a user chose or dropped. */
export type DroppedFiles = LoadedFiles

export function droppedFiles(files: readonly File[]): DroppedFiles {
  const byName = new Map(files.map((file) => [file.name, file]))
  const weights = files.find(({ name }) => name.endsWith('.safetensors'))
  return {
    name: weights?.name ?? (files[0] as File).name,
    async open(name) {
      const file = byName.get(name)
      return file && blobSource(file, name)
    },
    loaded: () => byName,
  }
}

const PREPARED: readonly string[] = Object.values(PREPARED_FILES)

/** Files of a folder on a server, each downloaded once. */
export interface RemoteFiles extends LoadedFiles {
  download(url: URL): Promise<Blob>
}

export function remoteFiles(folder: URL, options: RemoteOptions): RemoteFiles {
  const asked = new Map<string, Promise<Blob | undefined>>()
  const loaded = new Map<string, Blob>()
  const load = async (name: string) => {
    try {
      const blob = await download(new URL(name, folder), options, requestOf(folder, options, PREPARED.includes(name)))
      loaded.set(name, blob)
      return blob
    } catch (error) {
      if (ForetokenError.is(error) && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }
  return {
    name: folder.href,
    async open(name) {
      const pending = asked.get(name) ?? load(name)
      asked.set(name, pending)
      const blob = await pending
      return blob && blobSource(blob, name)
    },
    loaded: () => loaded,
    download: (url) => download(url, options, requestOf(url, options)),
  }
}

/** The validators of what is at these addresses; `undefined` where there is nothing or the server does not say. */
export async function validatorsOf(urls: readonly URL[], options: RemoteOptions): Promise<string | undefined> {
  const found = await Promise.all(urls.map((url) => validatorOf(url, options, requestOf(url, options))))
  return found.every((each) => each === undefined) ? undefined : JSON.stringify(found)
}

/** Prepared models are read where they are, and may lie in the browser's own cache; what is converted is kept in that form only. */
function requestOf(url: URL, { hubUrl = HUB_URL, hubToken }: RemoteOptions, isKept = false): RequestInit {
  const isAllowed = hubToken !== undefined && url.origin === new URL(hubUrl).origin
  return {
    cache: isKept ? 'default' : 'no-store',
    headers: isAllowed ? { authorization: `Bearer ${hubToken}` } : {},
  }
}
