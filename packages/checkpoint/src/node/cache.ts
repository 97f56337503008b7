import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { sha256Of } from './checksum.ts'
import { storing, systemCode } from './storage.ts'

/**
 * Where models are kept when the caller names no folder: `$XDG_CACHE_HOME/foretoken`, or `foretoken` in the system's own
 * place for caches.
 */
export function defaultCacheFolder(environment: Readonly<Record<string, string | undefined>> = {}): string {
  if (environment.FORETOKEN_CACHE) return environment.FORETOKEN_CACHE
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'foretoken')
  if (environment.LOCALAPPDATA) return join(environment.LOCALAPPDATA, 'foretoken', 'cache')
  return join(homedir(), '.cache', 'foretoken')
}

/** The parts of a cache folder. */
export interface CacheLayout {
  readonly folder: string
  /** Downloaded checkpoint of this content. */
  checkpoint(sha256: string, file: string): string
  /** Prepared model of this key. */
  prepared(key: string): string
  lock(key: string): string
  /** A name that no other process uses, in the same file system as the rest. */
  scratch(key: string): string
}

export function cacheLayout(folder: string): CacheLayout {
  return {
    folder,
    checkpoint: (sha256, file) => join(folder, 'checkpoints', sha256.slice(0, 16), file),
    prepared: (key) => join(folder, 'prepared', key),
    lock: (key) => join(folder, 'locks', `${key}.lock`),
    scratch: (key) => join(folder, 'partial', `${key}.${randomUUID()}`),
  }
}

/** Removes what processes that died left of a key; its lock must be held. */
export async function removeScratch(layout: CacheLayout, key: string): Promise<void> {
  const parent = join(layout.folder, 'partial')
  const names = await readdir(parent).catch(() => [])
  const left = names.filter((name) => name.startsWith(`${key}.`))
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true })))
}

/** Makes a finished file or folder visible under its name; one that is there already stays. */
export async function publish(from: string, to: string): Promise<void> {
  await storing('Writing to the cache', async () => {
    await mkdir(dirname(to), { recursive: true })
    try {
      await rename(from, to)
    } catch (error) {
      const code = systemCode(error)
      const there = await stat(to).catch(() => undefined)
      if (!there || (code !== 'EEXIST' && code !== 'ENOTEMPTY' && code !== 'EPERM')) throw error
      await rm(from, { recursive: true, force: true })
    }
  })
}

/**
 * SHA-256 of a file's content. Remembered in the cache by path, size and time of change, since hashing gigabytes at
 * every start would take longer than loading them.
 */
export async function contentHash(layout: CacheLayout, path: string): Promise<string> {
  const note = await hashNote(layout, path)
  const known = await readNote(note)
  if (known) return known
  const sha256 = await sha256Of(path)
  await storing('Writing to the cache', async () => {
    const partial = `${note}.${randomUUID()}`
    await mkdir(dirname(note), { recursive: true })
    await writeFile(partial, sha256)
    await rename(partial, note)
  })
  return sha256
}

/** The remembered hash of a file; `undefined` where none is. Reads nothing of the file. */
export async function knownHash(layout: CacheLayout, path: string): Promise<string | undefined> {
  return readNote(await hashNote(layout, path))
}

async function hashNote(layout: CacheLayout, path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  const name = createHash('sha256').update(JSON.stringify([path, size, mtimeMs]))
  return join(layout.folder, 'hashes', name.digest('hex').slice(0, 32))
}

async function readNote(note: string): Promise<string | undefined> {
  const known = await readFile(note, 'utf8').catch(() => '')
  return /^[0-9a-f]{64}$/.test(known) ? known : undefined
}

/** Part of a folder name: what a model is called, without what file systems dislike. */
export const slug = (name: string): string =>
  basename(name)
    .replace(/\.(gguf|safetensors)$/i, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 60) || 'model'
