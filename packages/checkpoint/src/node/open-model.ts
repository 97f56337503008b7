import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { convertCheckpoint } from '../convert/convert-checkpoint.ts'
import { MODELS } from '../manifest.ts'
import { type ModelFacts, PREPARED_FILES, PREPARED_VERSION, type PreparedModel } from '../prepared.ts'
import { parseInfo } from '../prepared-info.ts'
import { meter } from '../progress.ts'
import { parseObject } from '../safetensors/header.ts'
import type { TokenizerJson } from '../tokenizer/from-gguf.ts'
import { createTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts'
import {
  type CacheLayout,
  cacheLayout,
  contentHash,
  defaultCacheFolder,
  knownHash,
  publish,
  removeScratch,
  slug,
} from './cache.ts'
import { checkpointFiles, openCheckpoint } from './checkpoint.ts'
import { folderStore } from './folder-store.ts'
import { withLock } from './lock.ts'
import { type PulledFile, type PullOptions, pullFile } from './pull.ts'
import { addSkippable } from './skippable.ts'
import { checkSignal, storing } from './storage.ts'

export interface OpenModelOptions extends PullOptions {
  /** `int8` computes in integers, exactly; `float32` keeps the checkpoint's weights. Default `int8`. */
  readonly weights?: 'int8' | 'float32'
  /** Also prepare the graph whose sub-layers can be skipped, for `loadModel` with the same option. Default false. */
  readonly skippable?: boolean
}

/** A pulled and prepared model. */
export interface PulledModel extends PulledFile {
  readonly folder: string
  readonly info: PreparedModel
}

/** A model ready to be loaded by a backend. */
export interface PreparedHandle {
  /** Prepared folder: `graph.onnx`, `weights.bin`, `model.json`, `tokenizer.json`. */
  readonly folder: string
  readonly info: PreparedModel
  readonly tokenizer: Tokenizer
  dispose(): Promise<void>
}

/**
 * Opens a model by name, by the path of a `.gguf` file, of a folder with safetensors, or of a prepared folder. What is
 * not on this machine is pulled, what is not prepared is converted, once, into the cache; two processes at once do it
 * once. Throws what `pull` throws, and `BAD_CHECKPOINT`, `UNSUPPORTED`.
 */
export async function openModel(idOrPath: string, options: OpenModelOptions = {}): Promise<PreparedHandle> {
  const layout = cacheLayout(options.cacheFolder ?? defaultCacheFolder())
  const found = await locate(idOrPath, options)
  const folder = found.prepared ? found.path : await prepared(layout, found, options)
  const info = await readInfo(folder)
  if (options.skippable) await addSkippable(folder, info)
  const tokenizer = await readTokenizer(folder, info)
  return { folder, info, tokenizer, async dispose() {} }
}

/**
 * Pulls a model and prepares it, so that the next `openModel` of it starts at once and needs no network.
 * Throws what `pullFile` throws, `BAD_CHECKPOINT`, `UNSUPPORTED`.
 */
export async function pull(id: string, options: OpenModelOptions = {}): Promise<PulledModel> {
  const file = await pullFile(id, options)
  const layout = cacheLayout(options.cacheFolder ?? defaultCacheFolder())
  const folder = await prepared(layout, locatedOf(file), options)
  return { ...file, folder, info: await readInfo(folder) }
}

/**
 * The prepared folder of a checkpoint, if it is in the cache: nothing is pulled or converted.
 */
export async function findPrepared(idOrPath: string, options: OpenModelOptions = {}): Promise<string | undefined> {
  const found = await locate(idOrPath, { ...options, offline: true })
  if (found.prepared) return found.path
  const layout = cacheLayout(options.cacheFolder ?? defaultCacheFolder())
  const key = await keyOf(layout, found, options, (path) => knownHash(layout, path))
  return key && (await isWhole(key.folder)) ? key.folder : undefined
}

export interface Located {
  readonly id: string
  readonly path: string
  /** The path is a prepared folder already. */
  readonly prepared: boolean
  readonly licence?: string
}

export async function locate(idOrPath: string, options: OpenModelOptions): Promise<Located> {
  const path = resolve(idOrPath)
  const isPath = /[\\/]|\.gguf$/i.test(idOrPath)
  const isId = !isPath && (options.models ?? MODELS).some((model) => model.id === idOrPath)
  if (!isId && (await exists(path))) {
    return { id: slug(path), path, prepared: await exists(join(path, PREPARED_FILES.info)) }
  }
  if (isPath) {
    throw new ForetokenError('NOT_FOUND', `There is no file or folder at ${path}.`, {
      fix: 'Check the path, or give the name of a model.',
      details: { path },
    })
  }
  return locatedOf(await pullFile(idOrPath, options))
}

const locatedOf = ({ entry, path }: PulledFile): Located => ({
  id: entry.id,
  path,
  prepared: false,
  licence: entry.licence.name,
})

interface Keyed {
  readonly key: string
  readonly folder: string
  readonly source: { readonly name: string; readonly sha256: string }[]
}

/** Where the prepared form of a checkpoint lies: named by its content, so that a changed file is converted again. */
async function keyOf<Hash extends string | undefined>(
  layout: CacheLayout,
  found: Located,
  options: OpenModelOptions,
  hash: (path: string) => Promise<Hash>,
): Promise<Keyed | Extract<Hash, undefined>> {
  const source: { name: string; sha256: string }[] = []
  for (const file of await checkpointFiles(found.path)) {
    const sha256 = await hash(file)
    if (sha256 === undefined) return undefined as Extract<Hash, undefined>
    source.push({ name: basename(file), sha256 })
  }
  const weights = options.weights ?? 'int8'
  const content = createHash('sha256').update(JSON.stringify([PREPARED_VERSION, weights, source]))
  const key = `${found.id}-${weights}-${content.digest('hex').slice(0, 16)}`
  return { key, folder: layout.prepared(key), source }
}

async function prepared(layout: CacheLayout, found: Located, options: OpenModelOptions): Promise<string> {
  const { key, folder, source } = await keyOf(layout, found, options, (path) => contentHash(layout, path))
  if (await isWhole(folder)) return folder
  const onWait = (): void => options.onProgress?.({ phase: 'wait', what: 'another conversion', done: 0, total: 0 })
  return withLock(layout.lock(key), { signal: options.signal, onWait }, async () => {
    if (await isWhole(folder)) return folder
    await removeScratch(layout, key)
    await rm(folder, { recursive: true, force: true })
    const scratch = layout.scratch(key)
    await storing('Making the cache folder', () => mkdir(scratch, { recursive: true }))
    try {
      await convert(scratch, found, source, options)
      await publish(scratch, folder)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
    return folder
  })
}

async function convert(
  scratch: string,
  found: Located,
  source: ModelFacts['source'],
  options: OpenModelOptions,
): Promise<void> {
  const checkpoint = await openCheckpoint(found.path)
  const store = folderStore(scratch)
  const { signal, weights } = options
  try {
    await convertCheckpoint(checkpoint, store, {
      id: found.id,
      source,
      onProgress: meter(options.onProgress, 'convert', found.id),
      ...(found.licence === undefined ? {} : { licence: found.licence }),
      ...(weights === undefined ? {} : { weights }),
      ...(signal === undefined ? {} : { signal }),
    })
    checkSignal(signal, 'The conversion')
  } finally {
    await store.closeAll()
    await checkpoint.dispose()
  }
}

/** Whether a folder holds a whole prepared model of this version. */
async function isWhole(folder: string): Promise<boolean> {
  try {
    const info = await readInfo(folder)
    const last = info.tensors.at(-1)
    const weights = await stat(join(folder, PREPARED_FILES.weights))
    const rest = await Promise.all([
      exists(join(folder, PREPARED_FILES.graph)),
      exists(join(folder, PREPARED_FILES.tokenizer)),
    ])
    return weights.size === (last ? last.offset + last.byteLength : 0) && rest.every(Boolean)
  } catch {
    return false
  }
}

export async function readInfo(folder: string): Promise<PreparedModel> {
  const path = join(folder, PREPARED_FILES.info)
  const text = await storing('Reading the prepared model', () => readFile(path, 'utf8'))
  return parseInfo(text, path)
}

export async function readTokenizer(folder: string, info: PreparedModel): Promise<Tokenizer> {
  const path = join(folder, PREPARED_FILES.tokenizer)
  const text = await storing('Reading the tokenizer', () => readFile(path, 'utf8'))
  return createTokenizer(parseObject(text, path) as unknown as TokenizerJson, info.tokens, info.chatTemplate)
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
