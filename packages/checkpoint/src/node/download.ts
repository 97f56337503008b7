import { createHash } from 'node:crypto'
import { open, rm, stat } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import { meter, type OnProgress } from '../progress.ts'
import { hashInto, wrongChecksum } from './checksum.ts'
import { checkSignal, storing } from './storage.ts'

export type Fetch = (url: string, init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>

export interface DownloadOptions {
  readonly sha256: string
  readonly size: number
  readonly headers?: Readonly<Record<string, string>>
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
  readonly fetch?: Fetch | undefined
  /** Longest silence of the other side. Default 15,000 ms. */
  readonly silence?: number | undefined
}

const ATTEMPTS = 4

/**
 * Downloads into `path`, which keeps what came so far when the connection breaks: the next call asks for the rest only.
 * When it resolves, the file has the pinned size and checksum. Throws `DOWNLOAD_FAILED`, `BAD_CHECKSUM` (the file is
 * then gone), `STORAGE_FAILED`, `ABORTED`.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const report = meter(options.onProgress, 'download', new URL(url).host)
  for (let attempt = 1; ; attempt++) {
    const before = await lengthOf(path)
    if (before > options.size) await rm(path, { force: true })
    else if (before === options.size) break
    try {
      await fetchRest(url, path, before > options.size ? 0 : before, options, report)
      break
    } catch (error) {
      const moved = (await lengthOf(path)) > before
      if (!(error instanceof Broken)) throw error
      if (!moved || attempt === ATTEMPTS) throw error.final(url)
    }
  }
  const hash = createHash('sha256')
  await hashInto(hash, path, { signal: options.signal })
  const found = hash.digest('hex')
  if (found === options.sha256) return
  await rm(path, { force: true })
  throw wrongChecksum(`The file from ${new URL(url).host}`, found, options.sha256)
}

/** A connection that failed in a way that another attempt may mend. */
class Broken extends Error {
  final(url: string): ForetokenError {
    return new ForetokenError('DOWNLOAD_FAILED', `${new URL(url).host}: ${this.message}.`, {
      fix: 'Check the connection and pull again: the download goes on where it stopped.',
      details: { url },
      cause: this.cause,
    })
  }
}

async function fetchRest(
  url: string,
  path: string,
  from: number,
  options: DownloadOptions,
  report: (done: number, total: number) => void,
): Promise<void> {
  checkSignal(options.signal, 'The download')
  const silence = silenceTimer(options)
  try {
    const response = await respond(url, from, options, silence.signal)
    const resumed = response.status === 206 && from > 0
    const file = await storing('The download', () => open(path, resumed ? 'a' : 'w'))
    try {
      let done = resumed ? from : 0
      report(done, options.size)
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        silence.reset()
        done += chunk.byteLength
        if (done > options.size) throw new Broken(`it sent more than the expected ${options.size} bytes`)
        await storing('The download', () => file.writeFile(chunk))
        report(done, options.size)
      }
      if (done < options.size) throw new Broken(`the connection ended after ${done} of ${options.size} bytes`)
    } finally {
      await file.close()
    }
  } catch (error) {
    checkSignal(options.signal, 'The download')
    if (ForetokenError.is(error) || error instanceof Broken) throw error
    throw new Broken(silence.fired() ? 'it did not answer in time' : reasonOf(error), { cause: error })
  } finally {
    silence.stop()
  }
}

async function respond(url: string, from: number, options: DownloadOptions, signal: AbortSignal): Promise<Response> {
  const headers = { ...options.headers, ...(from > 0 ? { Range: `bytes=${from}-` } : {}) }
  const response = await (options.fetch ?? fetch)(url, { headers, signal })
  if (response.ok && response.body) {
    const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
    if (response.status !== 206 || Number(start) === from) return response
  }
  await response.body?.cancel()
  throw new ForetokenError(
    'DOWNLOAD_FAILED',
    `${new URL(url).host} answered ${response.status} ${response.statusText}.`,
    {
      fix: 'Check the address, or pull again later.',
      details: { url, status: response.status },
    },
  )
}

/** Fires when nothing came for a while, or with the caller's signal. */
function silenceTimer(options: DownloadOptions): {
  signal: AbortSignal
  reset: () => void
  stop: () => void
  fired: () => boolean
} {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  options.signal?.addEventListener('abort', abort, { once: true })
  let fired = false
  const start = (): NodeJS.Timeout =>
    setTimeout(() => {
      fired = true
      controller.abort()
    }, options.silence ?? 15_000)
  let timer = start()
  const stop = (): void => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', abort)
  }
  const reset = (): void => {
    clearTimeout(timer)
    timer = start()
  }
  return { signal: controller.signal, reset, stop, fired: () => fired }
}

/** The innermost message of a failed fetch, which itself says only "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause
  if (cause instanceof Error) return cause.message || String((cause as NodeJS.ErrnoException).code)
  return error instanceof Error ? error.message : String(error)
}

async function lengthOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  return found?.size ?? 0
}
