import { overLimit } from './limits.ts'

/** Ends work that takes too long. */
export interface Clock {
  /** Runs work that has its own time; work within work has the time of the whole. */
  timed<Result>(run: () => Result): Result
  /** Counts steps of work. @throws UNSUPPORTED once the time is over. */
  tick(steps?: number): void
}

/** Steps between looks at the time. */
const STEPS = 512
/** Of a longer while between two looks no more counts: the machine slept, or did something else. */
const MOST_MS = 250

/** @param limit Milliseconds. Outside `timed` there is no limit. */
export function clockOf(limit: number): Clock {
  let isTimed = false
  let last = -1
  let spent = 0
  let count = 0
  return {
    timed(run) {
      if (isTimed) return run()
      isTimed = true
      last = -1
      spent = 0
      try {
        return run()
      } finally {
        isTimed = false
      }
    },
    tick(steps = 1) {
      count += steps
      if (count < STEPS) return
      count = 0
      if (!isTimed) return
      const now = performance.now()
      // Short work never asks for the time.
      if (last >= 0) spent += Math.min(now - last, MOST_MS)
      last = now
      if (spent > limit) throw overLimit('milliseconds', limit)
    },
  }
}
