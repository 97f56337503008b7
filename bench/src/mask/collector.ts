import { PerformanceObserver } from 'node:perf_hooks'
import type { Verdict } from './judge.ts'

/** A pause of the garbage collector, in ms by the process's clock. */
export interface Pause {
  readonly startTime: number
  readonly duration: number
}

/** Watches the collector. @returns Ends watching, and gives its pauses. */
export function watchCollector(): () => Promise<readonly Pause[]> {
  const pauses: Pause[] = []
  const observer = new PerformanceObserver((list) => pauses.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  return async () => {
    // What was seen last is told in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
    pauses.push(...observer.takeRecords())
    observer.disconnect()
    return pauses
  }
}

/** Says of each longest mask how much of it was the collector's. */
export function withCollector(verdicts: readonly Verdict[], pauses: readonly Pause[]): Verdict[] {
  return verdicts.map((verdict) => {
    const [start, end] = [verdict.maskMaxAtMs, verdict.maskMaxAtMs + verdict.maskMaxUs / 1000]
    const shared = pauses.map(
      ({ startTime, duration }) => Math.min(end, startTime + duration) - Math.max(start, startTime),
    )
    return { ...verdict, maskMaxCollectorUs: shared.reduce((sum, each) => sum + 1000 * Math.max(0, each), 0) }
  })
}
