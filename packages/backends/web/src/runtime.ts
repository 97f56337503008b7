import { ForetokenError } from '@foretoken/core'

/** What runs a model's forward passes. */
export interface Runtime {
  readonly provider: 'wasm' | 'webgpu'
  /** Threads of one forward pass on WASM. */
  readonly threads: number
  /** Why there is but one thread, where more would be faster. */
  readonly note?: string
}

/** What of the browser decides on threads. */
export interface Place {
  /** Whether threads may share memory: `crossOriginIsolated`. */
  readonly isIsolated: boolean
  /** `navigator.hardwareConcurrency` */
  readonly cores: number
}

/** Bytes of weights below which a step is shorter than the wait for a second thread. */
const ONE_THREAD_BYTES = 32e6
const MOST_THREADS = 8

const HEADERS = 'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'

/** Threads for weights of so many bytes. Throws `UNSUPPORTED` when more than one is asked of a page that is not isolated. */
export function planThreads(asked: number | undefined, weightBytes: number, place: Place): Omit<Runtime, 'provider'> {
  if (asked === 1) return { threads: 1 }
  if (!place.isIsolated) {
    const note = `The page is not cross-origin isolated, so there is one thread. Serve it with ${HEADERS}.`
    if (asked === undefined) return { threads: 1, note }
    throw new ForetokenError(
      'UNSUPPORTED',
      `${asked} threads were asked of a page that is not cross-origin isolated.`,
      {
        fix: `Serve the page with ${HEADERS}, or leave threads out.`,
      },
    )
  }
  if (asked !== undefined) return { threads: asked }
  return { threads: weightBytes < ONE_THREAD_BYTES ? 1 : Math.max(1, Math.min(MOST_THREADS, place.cores)) }
}
