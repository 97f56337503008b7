import { mkdir, rm, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { hubAddress } from '../hub.ts'
import { MODELS, type ModelEntry, type ModelSource } from '../manifest.ts'
import type { OnProgress } from '../progress.ts'
import { type CacheLayout, cacheLayout, defaultCacheFolder, publish, removeScratch } from './cache.ts'
import { sha256Of, wrongChecksum } from './checksum.ts'
import { download, type Fetch } from './download.ts'
import { withLock } from './lock.ts'
import { pipFile } from './pip.ts'
import { checkSignal, storing } from './storage.ts'

export interface PullOptions {
  /** Default: `defaultCacheFolder()`. */
  readonly cacheFolder?: string
  /** Never touch the network: what is not there throws `OFFLINE`. Default false. */
  readonly offline?: boolean
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  /** Default `https://huggingface.co`. */
  readonly hubUrl?: string
  /** Access token of the hub. */
  readonly hubToken?: string
  /** Commands tried as pip, in turn. Default: `python3 -m pip`, `python -m pip`, `pip3`, `pip`. */
  readonly pip?: readonly (readonly string[])[]
  /** Longest silence of a server before the next source is tried. Default 10,000 ms. */
  readonly silence?: number
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch
  /** Default: `MODELS`. */
  readonly models?: readonly ModelEntry[]
}

/** A checkpoint on this machine. */
export interface PulledFile {
  readonly entry: ModelEntry
  /** The checkpoint's file. */
  readonly path: string
  /** Absent for embedded models, which are as their package has them. */
  readonly sha256?: string
  /** Which source it came from; absent when it was there already. */
  readonly from?: ModelSource
}

/** The entry of this id. Throws `NOT_FOUND`, naming the ids there are. */
export function findModel(id: string, models: readonly ModelEntry[] = MODELS): ModelEntry {
  const entry = models.find((model) => model.id === id)
  if (entry) return entry
  const known = models.map((model) => model.id).join(', ')
  throw new ForetokenError('NOT_FOUND', `There is no model or file "${id}"; known models are ${known}.`, {
    fix: 'Give one of them, or the path of a .gguf file or of a folder with safetensors.',
    details: { id, known: models.map((model) => model.id) },
  })
}

/**
 * Makes sure that a model's checkpoint is on this machine, trying its sources in order. Only a file with the pinned
 * SHA-256 is accepted; a broken download goes on where it stopped, anything else that fails leaves nothing behind.
 * Throws `NOT_FOUND`, `OFFLINE`, `DOWNLOAD_FAILED`, `BAD_CHECKSUM`, `STORAGE_FAILED`, `ABORTED`.
 */
export async function pullFile(id: string, options: PullOptions = {}): Promise<PulledFile> {
  const entry = findModel(id, options.models)
  const packaged = entry.sources.find((source) => source.kind === 'package')
  if (packaged) return { entry, path: await packageFile(packaged.package), from: packaged }
  const { sha256, size } = entry
  if (!sha256 || !size)
    throw new ForetokenError('NOT_FOUND', `The model "${id}" has no pinned file.`, { fix: 'Name another.' })
  const layout = cacheLayout(options.cacheFolder ?? defaultCacheFolder())
  const path = layout.checkpoint(sha256, entry.file)
  if (await hasSize(path, size)) return { entry, path, sha256 }
  if (options.offline) {
    throw new ForetokenError('OFFLINE', `The model "${id}" is not on this machine.`, {
      fix: 'Pull it once without the offline option.',
      details: { id },
    })
  }
  const key = `pull-${sha256.slice(0, 16)}`
  const onWait = (): void => options.onProgress?.({ phase: 'wait', what: 'another download', done: 0, total: size })
  return withLock(layout.lock(key), { signal: options.signal, onWait }, async () => {
    if (await hasSize(path, size)) return { entry, path, sha256 }
    await removeScratch(layout, key)
    await checkSpace(layout, size)
    const from = await fetchFromAny({ ...entry, sha256, size }, layout, key, path, options)
    return { entry, path, sha256, from }
  })
}

type Pinned = ModelEntry & { readonly sha256: string; readonly size: number }

async function fetchFromAny(
  entry: Pinned,
  layout: CacheLayout,
  key: string,
  path: string,
  options: PullOptions,
): Promise<ModelSource> {
  const failures: ForetokenError[] = []
  for (const source of entry.sources) {
    checkSignal(options.signal, 'The download')
    try {
      await fetchFrom(source, entry, layout, key, path, options)
      return source
    } catch (error) {
      const next =
        ForetokenError.is(error) && ['DOWNLOAD_FAILED', 'BAD_CHECKSUM', 'BAD_CHECKPOINT'].includes(error.code)
      if (!next) throw error
      failures.push(error)
    }
  }
  const worst = failures.find((failure) => failure.code === 'BAD_CHECKSUM')
  if (worst) throw worst
  const reasons = failures.map((failure) => failure.message.slice(0, -failure.fix.length).trim())
  throw new ForetokenError('DOWNLOAD_FAILED', `No source of "${entry.id}" could be reached: ${reasons.join(' ')}`, {
    fix: 'Check the connection and pull again, or download the file yourself and give its path.',
    details: { id: entry.id, reasons },
    cause: failures.at(-1),
  })
}

async function fetchFrom(
  source: ModelSource,
  entry: Pinned,
  layout: CacheLayout,
  key: string,
  path: string,
  options: PullOptions,
): Promise<void> {
  const { sha256, size } = entry
  const { onProgress, signal } = options
  const partial = `${path}.partial`
  await storing('Making the cache folder', () => mkdir(dirname(path), { recursive: true }))
  if (source.kind === 'pip') {
    const requirement = `${source.package}==${source.version}`
    const unpacked = layout.scratch(key)
    await storing('Making the cache folder', () => mkdir(dirname(unpacked), { recursive: true }))
    await pipFile(requirement, source.path, unpacked, layout.scratch(key), {
      pip: options.pip,
      size: source.size,
      onProgress,
      signal,
    })
    await verified(unpacked, sha256, requirement)
    await rm(partial, { force: true })
    return publish(unpacked, path)
  }
  const url = urlOf(source, options)
  if (!url) return
  const headers = source.kind === 'hub' && options.hubToken ? { authorization: `Bearer ${options.hubToken}` } : {}
  const { fetch, silence = 10_000 } = options
  await download(url, partial, { sha256, size, headers, onProgress, signal, fetch, silence })
  await publish(partial, path)
}

function urlOf(source: ModelSource, options: PullOptions): string | undefined {
  if (source.kind === 'url') return source.url
  return source.kind === 'hub' ? hubAddress(source, options.hubUrl).href : undefined
}

async function verified(path: string, expected: string, what: string): Promise<void> {
  const found = await sha256Of(path)
  if (found === expected) return
  await rm(path, { force: true })
  throw wrongChecksum(`The file in ${what}`, found, expected)
}

/** Path of the model file that a data package exports as `modelFile`. */
async function packageFile(name: string): Promise<string> {
  const found: unknown = await import(/* @vite-ignore */ name).catch((cause) => {
    throw new ForetokenError('NOT_FOUND', `The model's package ${name} is not installed.`, {
      fix: `Install it: npm install ${name}`,
      details: { package: name },
      cause,
    })
  })
  const file = (found as { modelFile?: unknown }).modelFile
  if (file instanceof URL) return (await import('node:url')).fileURLToPath(file)
  if (typeof file === 'string') return file
  throw new ForetokenError('NOT_FOUND', `The package ${name} exports no modelFile.`, { fix: `Update ${name}.` })
}

async function hasSize(path: string, size: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true && found.size === size
}

/** A full disk is better told before the download than at its end. */
async function checkSpace(layout: CacheLayout, size: number): Promise<void> {
  await storing('Making the cache folder', () => mkdir(layout.folder, { recursive: true }))
  const found = await statfs(layout.folder).catch(() => undefined)
  const free = found ? found.bavail * found.bsize : Number.POSITIVE_INFINITY
  if (free >= size) return
  throw new ForetokenError('STORAGE_FAILED', `The model needs ${size} bytes; the disk of the cache has ${free} left.`, {
    fix: 'Free some space, or give another cache folder.',
    details: { free, size },
  })
}
