import { ForetokenError } from '@foretoken/core'
import { meter, type OnProgress } from '../progress.ts'
import { chunksOf, type Silence, silenceTimer } from './chunks.ts'

export interface DownloadOptions {
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  /** Longest silence of a server, in milliseconds. Default 30,000. */
  readonly silence?: number
}

/** Attempts in a row that bring nothing new before a download is given up. */
const ATTEMPTS = 4
const FIRST_PAUSE_MS = 200

/** What has come of a file. */
interface Part {
  readonly blob: Blob
  /** Names the content that it belongs to, where the server says. */
  readonly validator: string | null
  /** Why there is no more yet; absent when the file is whole. */
  readonly failure?: unknown
}

/**
 * Downloads a file. A broken connection goes on where it stopped if the server takes `Range` and the content is still the same,
 * else from the start.
 * @param init Of every request.
 * Throws `NOT_FOUND`, `DOWNLOAD_FAILED`, `ABORTED`.
 */
export async function download(url: URL, options: DownloadOptions = {}, init: RequestInit = {}): Promise<Blob> {
  const report = meter(options.onProgress, 'download', fileName(url))
  let part: Part = { blob: new Blob(), validator: null }
  let furthest = 0
  for (let attempt = 0; attempt < ATTEMPTS; ) {
    part = await fetchRest(url, part, options, init, report)
    if (part.failure === undefined) return part.blob
    attempt = part.blob.size > furthest ? 0 : attempt + 1
    furthest = Math.max(furthest, part.blob.size)
    if (attempt > 0 && attempt < ATTEMPTS) await pause(FIRST_PAUSE_MS * 2 ** attempt, options.signal)
  }
  throw failed(url, part.failure)
}

async function fetchRest(
  url: URL,
  before: Part,
  options: DownloadOptions,
  init: RequestInit,
  report: (done: number, total: number) => void,
): Promise<Part> {
  const silence = silenceTimer(options)
  let part = before
  try {
    const from = before.validator === null ? 0 : before.blob.size
    const range = from > 0 ? { range: `bytes=${from}-`, 'if-range': before.validator as string } : {}
    // A browser's own cache would mend what broke in its own way, with requests of its own.
    const cache = from > 0 ? { cache: 'no-store' as const } : {}
    const headers = { ...(init.headers as Record<string, string>), ...range }
    const response = await fetch(url, { ...init, ...cache, headers, signal: silence.signal })
    refuseMissing(url, response)
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    part = await readBody(response, isRest(response, from) ? before.blob : new Blob(), silence, report)
    return part
  } catch (error) {
    checkAborted(options.signal)
    if (ForetokenError.is(error)) throw error
    // Nothing came yet: that will not mend itself in a moment.
    if (part.blob.size === 0) throw failed(url, silence.hasFired() ? TOO_LATE : error)
    return { ...part, failure: silence.hasFired() ? TOO_LATE : error }
  } finally {
    silence.stop()
  }
}

const TOO_LATE = new Error('the server fell silent')

/** Whether the answer goes on at byte `from`. Servers of other origins need not show where it starts. */
function isRest({ status, headers }: Response, from: number): boolean {
  if (from === 0 || status !== 206) return false
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1]
  if (start === undefined || Number(start) === from) return true
  throw new Error(`the server answered bytes from ${start}, not from ${from}`)
}

/** `begun` and what the answer adds to it. */
async function readBody(
  response: Response,
  begun: Blob,
  silence: Silence,
  report: (done: number, total: number) => void,
): Promise<Part> {
  const { headers } = response
  const validator = headers.get('etag') ?? headers.get('last-modified')
  const length = Number(headers.get('content-length') ?? 0)
  const total = headers.has('content-encoding') || length === 0 ? 0 : begun.size + length
  let done = begun.size
  let blob = begun
  try {
    report(done, total)
    const onBytes = (count: number) => {
      done += count
      report(done, total)
    }
    for await (const chunk of chunksOf(response, silence, onBytes)) blob = new Blob([blob, chunk])
  } catch (error) {
    return { blob, validator, failure: silence.hasFired() ? TOO_LATE : error }
  }
  if (total === 0 || done === total) return { blob, validator }
  return { blob, validator, failure: new Error(`it ended at byte ${done} of ${total}`) }
}

/** What tells one content at this address from another; `undefined` where the server cannot be reached or does not say. */
export async function validatorOf(
  url: URL,
  { signal }: DownloadOptions = {},
  init: RequestInit = {},
): Promise<string | undefined> {
  const response = await fetch(url, { ...init, method: 'HEAD', ...(signal && { signal }) }).catch(() => undefined)
  if (!response?.ok) return undefined
  const answered = response.headers
  return answered.get('etag') ?? answered.get('last-modified') ?? answered.get('content-length') ?? undefined
}

function refuseMissing(url: URL, { status }: Response): void {
  if (status !== 404) return
  throw new ForetokenError('NOT_FOUND', `There is no file at ${url.href}.`, {
    fix: 'Check the address.',
    details: { url: url.href },
  })
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(aborted(signal))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

function aborted(signal: AbortSignal | undefined): ForetokenError {
  return new ForetokenError('ABORTED', 'The download was stopped.', {
    fix: 'Open the model again when you want it.',
    cause: signal?.reason,
  })
}

function failed(url: URL, cause: unknown): ForetokenError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ForetokenError('DOWNLOAD_FAILED', `${url.href} could not be downloaded: ${reason}.`, {
    fix: 'Check the connection, and that the server allows this page to read the file (CORS).',
    details: { url: url.href },
    cause,
  })
}

/** Last segment of an address. */
export function fileName(url: URL): string {
  return decodeURIComponent(url.pathname.split('/').filter(Boolean).pop() ?? '') || url.hostname
}
