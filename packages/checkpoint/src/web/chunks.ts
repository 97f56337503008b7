/** Fires when nothing came for a while, or with the caller's signal. */
export interface Silence {
  readonly signal: AbortSignal
  reset(): void
  stop(): void
  /** Whether it was the silence that fired. */
  hasFired(): boolean
}

export function silenceTimer({ silence = 30_000, signal }: { silence?: number; signal?: AbortSignal }): Silence {
  const controller = new AbortController()
  let fired = false
  const start = () =>
    setTimeout(() => {
      fired = true
      controller.abort()
    }, silence)
  let timer = start()
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    reset() {
      clearTimeout(timer)
      timer = start()
    },
    stop: () => clearTimeout(timer),
    hasFired: () => fired,
  }
}

/** Bytes that are gathered before they are handed on: browsers keep large blobs on the disk. */
const CHUNK = 2 ** 21

/** The body of an answer in chunks of some megabytes; what came before it breaks comes, too, and then the error. `onBytes` hears of all at once. */
export async function* chunksOf(
  response: Response,
  silence: Silence,
  onBytes: (count: number) => void,
): AsyncGenerator<Blob> {
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  let parts: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const flush = () => {
    const chunk = new Blob(parts)
    parts = []
    size = 0
    return chunk
  }
  for (;;) {
    const next = await reader.read().catch((error: unknown) => ({ error }))
    silence.reset()
    if ('error' in next || next.done) {
      if (size > 0) yield flush()
      if ('error' in next) throw next.error
      return
    }
    parts.push(next.value)
    size += next.value.byteLength
    onBytes(next.value.byteLength)
    if (size >= CHUNK) yield flush()
  }
}
