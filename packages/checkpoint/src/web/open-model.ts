import { ForetokenError } from '@foretoken/core'
import { type ByteSource, type FileSet, memoryFiles, readText } from '../bytes.ts'
import { openGgufCheckpoint } from '../checkpoint.ts'
import { convertCheckpoint } from '../convert/convert-checkpoint.ts'
import type { PreparedStore } from '../convert/store.ts'
import { PREPARED_FILES, PREPARED_VERSION, type PreparedModel } from '../prepared.ts'
import { parseInfo } from '../prepared-info.ts'
import { meter } from '../progress.ts'
import { parseObject } from '../safetensors/header.ts'
import { sha256 } from '../sha256.ts'
import type { TokenizerJson } from '../tokenizer/from-gguf.ts'
import { blobSource } from './blob-source.ts'
import { type DownloadOptions, download, fileName, urlFiles, validatorOf } from './download.ts'
import { memoryStore } from './memory-store.ts'
import { folderFiles, folderStore, opfsFolder } from './opfs.ts'

/** A `.gguf` file by address or as a file, or the address of a folder that holds a prepared model; that one ends with `/`. */
export type ModelLocation = URL | File

export interface BrowserModelOptions extends DownloadOptions {
  /** `int8` computes in integers, exactly; `float32` keeps the checkpoint's weights. Default `int8`. */
  readonly weights?: 'int8' | 'float32'
  /** Name of the model. Default: that of the file, without its ending. */
  readonly id?: string
  /** What the checkpoint must hash to, in hexadecimal. Default: whatever is at the address. */
  readonly sha256?: string
}

/** A model ready to be loaded by a backend. */
export interface BrowserModel {
  /** `graph.onnx`, `weights.bin`, `model.json`, `tokenizer.json`. */
  readonly files: FileSet
  readonly info: PreparedModel
  /** For `createTokenizer`, with `info.tokens` and `info.chatTemplate`. */
  readonly tokenizer: TokenizerJson
}

/** Where prepared models lie in the origin private file system. */
export const PREPARED_FOLDER = ['foretoken', 'prepared'] as const

/** Says where a stored model came from and in which state it was there. */
const ORIGIN = 'origin.json'

/**
 * Opens a model in a worker of a browser. What is not in the origin private file system is downloaded and converted into it, once,
 * whatever other tabs do; where the browser has none, it is converted into memory.
 * Throws `NOT_FOUND`, `DOWNLOAD_FAILED`, `BAD_CHECKSUM`, `BAD_CHECKPOINT`, `UNSUPPORTED`, `STORAGE_FAILED`, `ABORTED`.
 */
export async function openModel(location: ModelLocation, options: BrowserModelOptions = {}): Promise<BrowserModel> {
  if (location instanceof URL && location.pathname.endsWith('/')) return read(urlFiles(location, options))
  const { key, validator } = await identify(location, options)
  const root = await opfsFolder(...PREPARED_FOLDER).catch(() => undefined)
  if (!root) {
    const files = new Map<string, Uint8Array>()
    await convert(memoryStore(files), location, options)
    return read(memoryFiles(files, key))
  }
  return navigator.locks.request(`foretoken-${key}`, async () => {
    const stored = await root.getDirectoryHandle(key).catch(() => undefined)
    if (stored && (await isCurrent(folderFiles(stored), validator))) return read(folderFiles(stored))
    if (stored) await root.removeEntry(key, { recursive: true })
    const folder = await root.getDirectoryHandle(key, { create: true })
    const store = folderStore(folder)
    try {
      await writeText(store, ORIGIN, JSON.stringify({ validator }))
      await convert(store, location, options)
    } catch (error) {
      store.closeAll()
      await root.removeEntry(key, { recursive: true })
      throw error
    }
    return read(folderFiles(folder))
  })
}

interface Identity {
  /** Name of the folder. */
  readonly key: string
  /** State of the content, where it can be known beforehand. */
  readonly validator?: string | undefined
}

/** An address stands for what is there, a file for its content. */
async function identify(location: ModelLocation, options: BrowserModelOptions): Promise<Identity> {
  const { weights = 'int8', id } = options
  const text = new TextEncoder()
  const name = (what: string, of: string) =>
    `${slug(id ?? what)}-${weights}-${sha256()
      .update(text.encode(JSON.stringify([PREPARED_VERSION, of])))
      .digest()
      .slice(0, 16)}`
  if (!(location instanceof URL)) return { key: name(location.name, await hashOf(blobSource(location, location.name))) }
  return { key: name(fileName(location), location.href), validator: await validatorOf(location, options) }
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

async function convert(store: PreparedStore, location: ModelLocation, options: BrowserModelOptions): Promise<void> {
  const { onProgress, signal, weights } = options
  const isFile = location instanceof File
  const name = isFile ? location.name : fileName(location)
  const source = blobSource(isFile ? location : await download(location, options), name)
  const hash = await hashOf(source)
  if (options.sha256 !== undefined && options.sha256 !== hash) {
    throw new ForetokenError('BAD_CHECKSUM', `${name} has the SHA-256 ${hash}; ${options.sha256} was expected.`, {
      fix: 'It was thrown away; open the model again, or from another address.',
      details: { found: hash, expected: options.sha256 },
    })
  }
  const checkpoint = await openGgufCheckpoint(source)
  try {
    await convertCheckpoint(checkpoint, store, {
      id: options.id ?? slug(name),
      source: [{ name, sha256: hash }],
      onProgress: meter(onProgress, 'convert', name),
      ...(weights === undefined ? {} : { weights }),
      ...(signal === undefined ? {} : { signal }),
    })
  } finally {
    await checkpoint.dispose()
  }
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

async function hashOf(source: ByteSource): Promise<string> {
  const hash = sha256()
  const step = 2 ** 22
  for (let offset = 0; offset < source.byteLength; offset += step) {
    hash.update(await source.read(offset, Math.min(step, source.byteLength - offset)))
  }
  return hash.digest()
}

/** Part of a folder name: what a model is called. */
const slug = (name: string): string =>
  name
    .replace(/\.gguf$/i, '')
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 60) || 'model'
