import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { MODELS, type ModelEntry } from '../manifest.ts'
import { PREPARED_FILES } from '../prepared.ts'
import { type CacheLayout, cacheLayout, defaultCacheFolder } from './cache.ts'
import { storing } from './storage.ts'

export interface CacheOptions {
  /** Default: `defaultCacheFolder()`. */
  readonly cacheFolder?: string
  /** Default: `MODELS`. */
  readonly models?: readonly ModelEntry[]
}

/** A model known by name, or one converted from a file. */
export interface ListedModel {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly licence: string
  readonly capabilities: readonly string[]
  readonly isEmbedded: boolean
  /** The checkpoint is on this machine. */
  readonly isPulled: boolean
  /** A converted form is in the cache: it loads at once. */
  readonly isCached: boolean
  /** Bytes of the checkpoint, or 0 where only its owner knows. */
  readonly size: number
  /** Bytes that the model takes in the cache. */
  readonly cachedBytes: number
}

/** The models known by name and those converted from files, with what is in the cache. */
export async function listModels(options: CacheOptions = {}): Promise<ListedModel[]> {
  const layout = cacheLayout(options.cacheFolder ?? defaultCacheFolder())
  const models = options.models ?? MODELS
  const cached = await preparedFolders(layout)
  const listed = await Promise.all(models.map((entry) => listedEntry(layout, entry, cached)))
  const others = new Set(cached.map(({ id }) => id).filter((id) => !models.some((entry) => entry.id === id)))
  return [...listed, ...[...others].sort().map((id) => foreign(id, cached))]
}

/**
 * Removes a model's checkpoint and converted forms from the cache and returns the bytes freed. Embedded models only
 * lose their converted form. Throws `NOT_FOUND` when the cache holds nothing of that name.
 */
export async function removeModel(id: string, options: CacheOptions = {}): Promise<number> {
  const layout = cacheLayout(options.cacheFolder ?? defaultCacheFolder())
  const entry = (options.models ?? MODELS).find((model) => model.id === id)
  const folders = (await preparedFolders(layout)).filter((found) => found.id === id).map(({ folder }) => folder)
  const pulled = entry?.sha256 ? [dirname(layout.checkpoint(entry.sha256, entry.file))] : []
  let freed = 0
  for (const folder of [...folders, ...pulled]) {
    freed += await folderBytes(folder)
    await storing('Removing a model', () => rm(folder, { recursive: true, force: true }))
  }
  if (freed > 0) return freed
  throw new ForetokenError('NOT_FOUND', `The cache holds nothing of "${id}".`, {
    fix: 'Name a model that `listModels` shows as pulled or cached.',
    details: { id },
  })
}

interface CachedFolder {
  readonly id: string
  readonly folder: string
  readonly bytes: number
  readonly licence?: string
}

async function preparedFolders(layout: CacheLayout): Promise<CachedFolder[]> {
  const parent = layout.prepared('')
  const names = await readdir(parent).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = join(parent, name)
      const text = await readFile(join(folder, PREPARED_FILES.info), 'utf8').catch(() => '{}')
      const info = JSON.parse(text) as { id?: unknown; licence?: unknown }
      if (typeof info.id !== 'string') return undefined
      const licence = typeof info.licence === 'string' ? { licence: info.licence } : {}
      return { id: info.id, folder, bytes: await folderBytes(folder), ...licence }
    }),
  )
  return found.filter((folder) => folder !== undefined)
}

async function listedEntry(
  layout: CacheLayout,
  entry: ModelEntry,
  cached: readonly CachedFolder[],
): Promise<ListedModel> {
  const isEmbedded = entry.sources.some((source) => source.kind === 'package')
  const file = entry.sha256 ? layout.checkpoint(entry.sha256, entry.file) : undefined
  const pulled = file ? ((await stat(file).catch(() => undefined))?.size ?? 0) : 0
  const own = cached.filter(({ id }) => id === entry.id)
  return {
    id: entry.id,
    name: entry.name,
    description: entry.description,
    licence: entry.licence.name,
    capabilities: entry.capabilities,
    isEmbedded,
    isPulled: isEmbedded || pulled > 0,
    isCached: own.length > 0,
    size: entry.size ?? 0,
    cachedBytes: own.reduce((sum, { bytes }) => sum + bytes, pulled),
  }
}

function foreign(id: string, cached: readonly CachedFolder[]): ListedModel {
  const own = cached.filter((folder) => folder.id === id)
  return {
    id,
    name: id,
    description: 'Converted from a file.',
    licence: own.find(({ licence }) => licence !== undefined)?.licence ?? 'unknown',
    capabilities: [],
    isEmbedded: false,
    isPulled: false,
    isCached: true,
    size: 0,
    cachedBytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)))
  return sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0)
}
