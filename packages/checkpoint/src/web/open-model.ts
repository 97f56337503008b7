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
import { folderFiles, folderStore, opfsFolder } from './opfs.ts'
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
}

/** Says where a stored model came from and in which state it was there. */
const ORIGIN = 'origin.json'

const MAXIMUM_BYTES = 3.5e9

/**
 * Opens a model in a worker of a browser. What is not in the origin private file system is downloaded and converted into it, once,
 * whatever other tabs do; where the browser has none, it is converted into memory. What fails leaves nothing stored, and what a
 * closed tab left half-written goes.
 * Throws `NOT_FOUND`, `DOWNLOAD_FAILED`, `BAD_CHECKSUM`, `BAD_CHECKPOINT`, `BAD_OPTION`, `UNSUPPORTED`, `STORAGE_FAILED`, `ABORTED`.
 */
export async function openModel(location: ModelLocation, options: BrowserModelOptions = {}): Promise<BrowserModel> {
  const origin = originOf(location, options)
  const there = await origin.prepared()
  if (there) return sized(await read(there), options)
  const root = await opfsFolder(...PREPARED_FOLDER).catch(() => undefined)
  const key = await keyOf(origin, options)
  if (!root) {
    const files = new Map<string, Uint8Array>()
    await convert(memoryStore(files), origin, options)
    return read(memoryFiles(files, key))
  }
  const validator = await origin.validator()
  await removeHalfWritten(root, key)
  return navigator.locks.request(lockOf(key), async () => {
    const stored = await root.getDirectoryHandle(key).catch(() => undefined)
    if (stored && (await isCurrent(folderFiles(stored), validator)))
      return sized(await read(folderFiles(stored)), options)
    if (stored) await root.removeEntry(key, { recursive: true })
    const folder = await root.getDirectoryHandle(key, { create: true })
    const store = folderStore(folder)
    try {
      await writeText(store, ORIGIN, JSON.stringify({ validator }))
      await convert(store, origin, options)
    } catch (error) {
      store.closeAll()
      await root.removeEntry(key, { recursive: true })
      throw error
    }
    return read(folderFiles(folder))
  })
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

function sized(model: BrowserModel, options: BrowserModelOptions): BrowserModel {
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

async function read(files: FileSet): Promise<BrowserModel> {
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
