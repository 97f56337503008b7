import { ForetokenError } from '@foretoken/core'
import { unsupported } from '../bad-checkpoint.ts'
import { type FileSet, memoryFiles, readText } from '../bytes.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { convertCheckpoint } from '../convert/convert-checkpoint.ts'
import type { PreparedStore } from '../convert/store.ts'
import { PREPARED_FILES, PREPARED_VERSION, type PreparedModel } from '../prepared.ts'
import { parseInfo } from '../prepared-info.ts'
import { meter } from '../progress.ts'
import { parseObject } from '../safetensors/header.ts'
import { sha256 } from '../sha256.ts'
import type { TokenizerJson } from '../tokenizer/from-gguf.ts'
import type { RemoteOptions } from './files.ts'
import { memoryStore } from './memory-store.ts'
import { folderFiles, folderStore, isFull, opfsFolder, storing } from './opfs.ts'
import { type Origin, originOf } from './origin.ts'
import { lockOf, PREPARED_FOLDER, removeHalfWritten } from './stored.ts'

/**
 * A `.gguf` file, by address or as a file; or a folder as the Hugging Face hub has it (`config.json`, `tokenizer.json`,
 * `model.safetensors` or shards with an index), by an address that ends with `/`, by that of a `.safetensors` file in it, or as
 * files; or the address of a folder with a prepared model.
 */
export type ModelLocation = URL | File | readonly File[]

export interface BrowserModelOptions extends RemoteOptions {
  /** `int8` computes in integers, exactly; `float32` keeps the checkpoint's weights. Default `int8`. */
  readonly weights?: 'int8' | 'float32'
  /** Name of the model. Default: that of the file, without its ending. */
  readonly id?: string
  /** What the checkpoint must hash to, in hexadecimal; of several files by their names. Default: whatever is there. */
  readonly sha256?: string | Readonly<Record<string, string>>
  /** Most bytes of converted weights. Default 3,500,000,000: WASM addresses 4 GiB, and the cache must fit beside them. */
  readonly maximumBytes?: number
}

/** A model ready to be loaded by a backend. */
export interface BrowserModel {
  /** `graph.onnx`, `weights.bin`, `model.json`, `tokenizer.json`. */
  readonly files: FileSet
  readonly info: PreparedModel
  /** For `createTokenizer`, with `info.tokens` and `info.chatTemplate`. */
  readonly tokenizer: TokenizerJson
  /** Why the model is not stored and will be downloaded and converted again; absent when it is, or is read where it lies. */
  readonly note?: string
  /** Lets others remove or replace the stored files. Call it once they are read; the end of the worker does it too. */
  release(): void
}

type Contents = Pick<BrowserModel, 'files' | 'info' | 'tokenizer'>

/** Says where a stored model came from and in which state it was there. */
const ORIGIN = 'origin.json'

const MAXIMUM_BYTES = 3.5e9

/** How often a model that others remove at once is converted anew. */
const TRIES = 3

const nothing = (): void => {}

/**
 * Opens a model in a worker of a browser. What is not in the origin private file system is downloaded and converted into it, once,
 * whatever other tabs do, and stays there until it is released; where the browser has no such file system, it is converted into
 * memory, and `note` says so. What fails leaves nothing stored, and what a closed tab left half-written goes.
 * Throws `NOT_FOUND`, `DOWNLOAD_FAILED`, `BAD_CHECKSUM`, `BAD_CHECKPOINT`, `BAD_OPTION`, `UNSUPPORTED`, `STORAGE_FAILED`, `ABORTED`.
 */
export async function openModel(location: ModelLocation, options: BrowserModelOptions = {}): Promise<BrowserModel> {
  const origin = originOf(location, options)
  const there = await origin.prepared()
  if (there) return { ...sized(await read(there), options), release: nothing }
  const root = await modelStore()
  const key = await keyOf(origin, options)
  if (typeof root === 'string') {
    const files = new Map<string, Uint8Array>()
    await convert(memoryStore(files), origin, options)
    return { ...(await read(memoryFiles(files, key))), note: root, release: nothing }
  }
  const validator = await origin.validator()
  await removeHalfWritten(root, key)
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const release = await share(key)
    try {
      const stored = await currentFolder(root, key, validator)
      if (stored) return { ...sized(await read(folderFiles(stored)), options), release }
    } catch (error) {
      release()
      throw error
    }
    release()
    await navigator.locks.request(lockOf(key), () => store(root, key, validator, origin, options))
  }
  throw new ForetokenError('STORAGE_FAILED', `${origin.name} was removed again and again while it was opened.`, {
    fix: 'Remove no models in other tabs, and open it again.',
  })
}

/** Converts what is at `origin` into the folder `key`, unless another tab did so meanwhile. */
async function store(
  root: FileSystemDirectoryHandle,
  key: string,
  validator: string | undefined,
  origin: Origin,
  options: BrowserModelOptions,
): Promise<void> {
  if (await currentFolder(root, key, validator)) return
  await storing('Replacing a model', async () => {
    if (await has(root, key)) await root.removeEntry(key, { recursive: true })
  })
  try {
    const folder = await storing('Storing a model', () => root.getDirectoryHandle(key, { create: true }))
    const store = folderStore(folder)
    try {
      await writeText(store, ORIGIN, JSON.stringify({ validator }))
      await convert(store, origin, options)
    } finally {
      store.closeAll()
    }
  } catch (error) {
    await root.removeEntry(key, { recursive: true }).catch(nothing)
    throw error
  }
}

const has = (root: FileSystemDirectoryHandle, key: string): Promise<boolean> =>
  root.getDirectoryHandle(key).then(
    () => true,
    () => false,
  )

/** The folder of this name, if what it holds is whole and still what is at its origin. */
async function currentFolder(
  root: FileSystemDirectoryHandle,
  key: string,
  validator: string | undefined,
): Promise<FileSystemDirectoryHandle | undefined> {
  const folder = await root.getDirectoryHandle(key).catch(() => undefined)
  return folder && (await isCurrent(folderFiles(folder), validator)) ? folder : undefined
}

/** Keeps others from writing or removing the folder `key`. @returns What lets them again. */
async function share(key: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = () => new Promise<void>((release) => resolve(release))
    navigator.locks.request(lockOf(key), { mode: 'shared' }, hold).catch(reject)
  })
}

/** The folder of stored models; or why there is none. Throws `STORAGE_FAILED` when its space is used up. */
async function modelStore(): Promise<FileSystemDirectoryHandle | string> {
  try {
    return await opfsFolder(...PREPARED_FOLDER)
  } catch (error) {
    if (!ForetokenError.is(error) || isFull(error)) throw error
    return `The model is not kept and will be loaded anew next time: ${error.message}`
  }
}

/** Name of the folder: an address stands for what is there, a file for its content. */
async function keyOf(origin: Origin, { weights = 'int8', id }: BrowserModelOptions): Promise<string> {
  const text = JSON.stringify([PREPARED_VERSION, await origin.identify()])
  const hash = sha256().update(new TextEncoder().encode(text)).digest()
  return `${slug(id ?? origin.name)}-${weights}-${hash.slice(0, 16)}`
}

async function isCurrent(files: FileSet, validator: string | undefined): Promise<boolean> {
  try {
    const origin = parseObject(await textOf(files, ORIGIN), ORIGIN)
    const { info } = await read(files)
    const last = info.tensors.at(-1)
    const weights = (await files.open(PREPARED_FILES.weights))?.byteLength
    const isWhole = weights === (last ? last.offset + last.byteLength : 0)
    return isWhole && (validator === undefined || validator === origin.validator)
  } catch {
    return false
  }
}

async function convert(store: PreparedStore, origin: Origin, options: BrowserModelOptions): Promise<void> {
  const { onProgress, signal, weights, id = slug(origin.name) } = options
  const { checkpoint, source } = await origin.open()
  try {
    checkSize(origin.name, sizeOf(checkpoint, weights), options)
    await convertCheckpoint(checkpoint, store, {
      id,
      source,
      onProgress: meter(onProgress, 'convert', origin.name),
      ...(weights === undefined ? {} : { weights }),
      ...(signal === undefined ? {} : { signal }),
    })
  } finally {
    await checkpoint.dispose()
  }
}

/** Bytes that the converted weights take at least. */
function sizeOf({ source }: Checkpoint, weights: BrowserModelOptions['weights']): number {
  const each = weights === 'float32' ? 4 : 1
  return [...source.tensors.values()].reduce((sum, { shape }) => sum + each * shape.reduce((a, b) => a * b, 1), 0)
}

function sized(model: Contents, options: BrowserModelOptions): Contents {
  const last = model.info.tensors.at(-1)
  checkSize(model.info.id, last ? last.offset + last.byteLength : 0, options)
  return model
}

function checkSize(name: string, bytes: number, { maximumBytes = MAXIMUM_BYTES }: BrowserModelOptions): void {
  if (bytes <= maximumBytes) return
  const inMegabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`
  throw unsupported(
    `${name} has ${inMegabytes(bytes)} of weights; at most ${inMegabytes(maximumBytes)} fit into memory here.`,
    'Choose a smaller model, or run this one in Node.',
    { bytes, maximumBytes },
  )
}

async function read(files: FileSet): Promise<Contents> {
  const info = parseInfo(await textOf(files, PREPARED_FILES.info), PREPARED_FILES.info)
  const json = parseObject(await textOf(files, PREPARED_FILES.tokenizer), PREPARED_FILES.tokenizer)
  return { files, info, tokenizer: json as unknown as TokenizerJson }
}

async function textOf(files: FileSet, name: string): Promise<string> {
  const source = await files.open(name)
  if (source) return readText(source, 2 ** 27)
  throw new ForetokenError('NOT_FOUND', `${files.name} holds no ${name}.`, {
    fix: 'Give the address of a .gguf file, or of a folder with a prepared model, which ends with a slash.',
  })
}

async function writeText(store: PreparedStore, name: string, text: string): Promise<void> {
  const sink = await store.create(name)
  await sink.append(new TextEncoder().encode(text))
  await sink.close()
}

/** Part of a folder name: what a model is called. */
const slug = (name: string): string =>
  name
    .replace(/\.(gguf|safetensors)$/i, '')
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 60) || 'model'
