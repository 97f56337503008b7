/** What a long operation is doing now. */
export interface Progress {
  /** `wait`: another process is doing the work. */
  readonly phase: 'download' | 'verify' | 'convert' | 'wait'
  /** What is downloaded or converted, in words for people. */
  readonly what: string
  /** Bytes done and in all; `total` is 0 where it is not known. */
  readonly done: number
  readonly total: number
  /** Rate of this phase since it began (not counting what was there before), where it is known. */
  readonly bytesPerSecond?: number
}

export type OnProgress = (progress: Progress) => void

/** Reports bytes of one phase with their rate. */
export function meter(
  onProgress: OnProgress | undefined,
  phase: Progress['phase'],
  what: string,
): (done: number, total: number) => void {
  const start = performance.now()
  let first: number | undefined
  return (done, total) => {
    first ??= done
    const seconds = (performance.now() - start) / 1000
    const rate = seconds > 0.2 ? { bytesPerSecond: (done - first) / seconds } : {}
    onProgress?.({ phase, what, done, total, ...rate })
  }
}
