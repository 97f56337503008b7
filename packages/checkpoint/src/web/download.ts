import { ForetokenError } from '@foretoken/core'
import type { FileSet } from '../bytes.ts'
import { meter, type OnProgress } from '../progress.ts'
import { blobSource } from './blob-source.ts'

export interface DownloadOptions {
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
}

/** Connections that may break before a download is given up. */
const ATTEMPTS = 4

/**
 * Downloads a file; a broken connection goes on where it stopped if the server allows it.
 * Throws `NOT_FOUND`, `DOWNLOAD_FAILED`, `ABORTED`.
 */
export async function download(url: URL, options: DownloadOptions = {}): Promise<Blob> {
  const report = meter(options.onProgress, 'download', fileName(url))
  let parts: Uint8Array<ArrayBuffer>[] = []
  let done = 0
  let validator: string | null = null
  let failure: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const goesOn = done > 0 && validator !== null
    if (!goesOn) [parts, done] = [[], 0]
    const response = await request(
      url,
      goesOn ? { range: `bytes=${done}-`, 'if-range': validator as string } : {},
      options,
    )
    if (goesOn && response.status !== 206) [parts, done] = [[], 0]
    validator = response.headers.get('etag') ?? response.headers.get('last-modified')
    const length = Number(response.headers.get('content-length') ?? 0)
    const total = response.headers.has('content-encoding') || length === 0 ? 0 : done + length
    try {
      for await (const part of chunksOf(response)) {
        parts.push(part)
        done += part.byteLength
        report(done, total)
      }
      if (total === 0 || done === total) return new Blob(parts)
      failure = new Error(`it ended at byte ${done} of ${total}`)
    } catch (error) {
      checkAborted(options.signal)
      failure = error
    }
  }
  throw failed(url, failure)
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

/** The files of a prepared model on a server. */
export function urlFiles(folder: URL, options: DownloadOptions = {}): FileSet {
  return {
    name: folder.href,
    async open(name) {
      try {
        return blobSource(await download(new URL(name, folder), options), name)
      } catch (error) {
        if (ForetokenError.is(error) && error.code === 'NOT_FOUND') return undefined
        throw error
      }
    },
  }
}

/** What tells one content at this address from another; `undefined` where the server cannot be reached or does not say. */
export async function validatorOf(url: URL, { signal }: DownloadOptions = {}): Promise<string | undefined> {
  const response = await fetch(url, { method: 'HEAD', ...(signal && { signal }) }).catch(() => undefined)
  if (!response?.ok) return undefined
  const { headers } = response
  return headers.get('etag') ?? headers.get('last-modified') ?? headers.get('content-length') ?? undefined
}

async function request(url: URL, headers: Record<string, string>, { signal }: DownloadOptions): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { headers, ...(signal && { signal }) })
  } catch (cause) {
    checkAborted(signal)
    throw failed(url, cause)
  }
  if (response.ok) return response
  if (response.status === 404) {
    throw new ForetokenError('NOT_FOUND', `There is no file at ${url.href}.`, {
      fix: 'Check the address.',
      details: { url: url.href },
    })
  }
  throw failed(url, new Error(`the server answered ${response.status}`))
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new ForetokenError('ABORTED', 'The download was stopped.', {
    fix: 'Open the model again when you want it.',
    cause: signal.reason,
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
  return decodeURIComponent(url.pathname.split('/').pop() ?? '') || url.hostname
}
