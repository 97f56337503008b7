import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { checkSignal, storing, systemCode } from './storage.ts'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once when another process holds the lock. */
  readonly onWait?: () => void
  /** A lock whose holder was not heard of for so long is taken over. Default 60,000 ms. */
  readonly staleAfter?: number
}

const POLL_MS = 100

/**
 * Runs `body` while no other process runs one under the same lock file. A lock of a process that has died is taken over.
 * It saves double work and is not what correctness rests on: results become visible by an atomic rename.
 */
export async function withLock<T>(path: string, options: LockOptions, body: () => Promise<T>): Promise<T> {
  await acquire(path, options)
  const heartbeat = setInterval(
    () => {
      const now = performance.timeOrigin / 1000 + performance.now() / 1000
      utimes(path, now, now).catch(() => undefined)
    },
    (options.staleAfter ?? 60_000) / 6,
  )
  heartbeat.unref()
  try {
    return await body()
  } finally {
    clearInterval(heartbeat)
    await rm(path, { force: true })
  }
}

async function acquire(path: string, options: LockOptions): Promise<void> {
  await storing('Making the lock', () => mkdir(dirname(path), { recursive: true }))
  for (let attempt = 0; ; attempt++) {
    checkSignal(options.signal, 'Waiting for another process')
    if (await create(path)) return
    if (await isStale(path, options.staleAfter ?? 60_000)) {
      await takeAway(path)
      continue
    }
    if (attempt === 0) options.onWait?.()
    await wait(POLL_MS)
  }
}

async function create(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx')
    await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }))
    await handle.close()
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    return storing('Making the lock', () => Promise.reject(error))
  }
}

async function isStale(path: string, staleAfter: number): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path)
    if (performance.timeOrigin + performance.now() - mtimeMs > staleAfter) return true
    const holder = JSON.parse(await readFile(path, 'utf8')) as { pid?: unknown; host?: unknown }
    return holder.host === hostname() && typeof holder.pid === 'number' && !isRunning(holder.pid)
  } catch {
    // Gone, or being written: look again.
    return false
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

/** By a rename, so that of two processes that see a stale lock only one removes it. */
async function takeAway(path: string): Promise<void> {
  const away = `${path}.${randomUUID()}`
  await rename(path, away).catch(() => undefined)
  await rm(away, { force: true })
}
