import { ForetokenError } from '@foretoken/core'
import type { ByteSource, FileSet } from '../bytes.ts'
import { type Checkpoint, openGgufCheckpoint, openSafetensorsCheckpoint } from '../checkpoint.ts'
import type { SourceFile } from '../prepared.ts'
import { sha256 } from '../sha256.ts'
import { blobSource } from './blob-source.ts'
import { fileName } from './download.ts'
import { type DroppedFiles, droppedFiles, type RemoteFiles, remoteFiles, validatorsOf } from './files.ts'
import type { BrowserModelOptions, ModelLocation } from './open-model.ts'

/** What a model is converted from. */
export interface Origin {
  /** Of the file or folder. */
  readonly name: string
  /** What tells this origin from every other: an address, or the content. */
  identify(): Promise<string>
  /** State of what is at the address, where that can be known without loading it. */
  validator(): Promise<string | undefined>
  /** The prepared model that is there already, ready to be read where it is. */
  prepared(): Promise<FileSet | undefined>
  /** Loads and checks what is there. Throws `BAD_CHECKSUM` and what opening the checkpoint throws. */
  open(): Promise<{ readonly checkpoint: Checkpoint; readonly source: readonly SourceFile[] }>
}

export function originOf(location: ModelLocation, options: BrowserModelOptions): Origin {
  if (location instanceof URL) {
    if (location.pathname.endsWith('/')) return folderAt(location, options)
    if (location.pathname.endsWith('.safetensors')) return folderAt(new URL('.', location), options)
    return fileAt(location, options)
  }
  const files = location instanceof File ? [location] : [...location]
  const [first] = files
  if (!first) {
    throw new ForetokenError('BAD_OPTION', 'No file was given; at least one was expected.', {
      fix: 'Give a .gguf file, or config.json, tokenizer.json and the .safetensors files.',
    })
  }
  return files.length === 1 && !/\.(safetensors|json)$/.test(first.name)
    ? droppedFile(first, options)
    : droppedFolder(files, options)
}

const nothing = async (): Promise<undefined> => undefined

function droppedFile(file: File, options: BrowserModelOptions): Origin {
  const source = blobSource(file, file.name)
  return {
    name: file.name,
    identify: () => hashOf(source),
    validator: nothing,
    prepared: nothing,
    open: () => openGguf(source, options),
  }
}

function fileAt(url: URL, options: BrowserModelOptions): Origin {
  const name = fileName(url)
  const files = remoteFiles(new URL('.', url), options)
  return {
    name,
    identify: async () => url.href,
    validator: () => validatorsOf([url], options),
    prepared: nothing,
    open: async () => openGguf(blobSource(await files.download(url), name), options),
  }
}

async function openGguf(source: ByteSource, { sha256 }: BrowserModelOptions): ReturnType<Origin['open']> {
  const hash = await hashOf(source)
  const expected = typeof sha256 === 'string' ? sha256 : sha256?.[source.name]
  checkHash(source.name, hash, expected)
  return { checkpoint: await openGgufCheckpoint(source), source: [{ name: source.name, sha256: hash }] }
}

function droppedFolder(files: readonly File[], options: BrowserModelOptions): Origin {
  const set = droppedFiles(files)
  return {
    name: set.name,
    identify: async () => JSON.stringify(await hashesOf(set)),
    validator: nothing,
    prepared: nothing,
    open: () => openFolder(set, options),
  }
}

function folderAt(folder: URL, options: BrowserModelOptions): Origin {
  const set = remoteFiles(folder, options)
  const weighty = ['config.json', 'tokenizer.json', 'model.safetensors', 'model.safetensors.index.json']
  return {
    name: nameOfFolder(folder),
    identify: async () => folder.href,
    validator: () =>
      validatorsOf(
        weighty.map((name) => new URL(name, folder)),
        options,
      ),
    prepared: async () => ((await set.open('model.json')) ? set : undefined),
    open: () => openFolder(set, options),
  }
}

/** `owner/name` of a folder on the hub, else the folder's own name. */
function nameOfFolder(folder: URL): string {
  return /([^/]+\/[^/]+)\/resolve\/[^/]+\/$/.exec(folder.pathname)?.[1] ?? fileName(folder)
}

async function openFolder(
  files: RemoteFiles | DroppedFiles,
  { sha256 }: BrowserModelOptions,
): ReturnType<Origin['open']> {
  const pinned = typeof sha256 === 'string' ? { 'model.safetensors': sha256 } : (sha256 ?? {})
  for (const [name, expected] of Object.entries(pinned)) {
    const source = await files.open(name)
    if (!source) {
      throw new ForetokenError('NOT_FOUND', `${files.name} has no ${name}, whose SHA-256 was given.`, {
        fix: 'Give the SHA-256 of files that are there, by their names.',
      })
    }
    checkHash(name, await hashOf(source), expected)
  }
  const checkpoint = await openSafetensorsCheckpoint(files)
  return { checkpoint, source: await hashesOf(files) }
}

async function hashesOf(files: RemoteFiles | DroppedFiles): Promise<SourceFile[]> {
  const hashes: SourceFile[] = []
  for (const [name, blob] of [...files.loaded()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hashes.push({ name, sha256: await hashOf(blobSource(blob, name)) })
  }
  return hashes
}

function checkHash(name: string, found: string, expected: string | undefined): void {
  if (expected === undefined || expected === found) return
  throw new ForetokenError('BAD_CHECKSUM', `${name} has the SHA-256 ${found}; ${expected} was expected.`, {
    fix: 'It was thrown away; open the model again, or from another address.',
    details: { found, expected },
  })
}

async function hashOf(source: ByteSource): Promise<string> {
  const hash = sha256()
  const step = 2 ** 22
  for (let offset = 0; offset < source.byteLength; offset += step) {
    hash.update(await source.read(offset, Math.min(step, source.byteLength - offset)))
  }
  return hash.digest()
}
