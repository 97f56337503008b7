import { type CostCurve, stepMilliseconds } from '@foretoken/controller'
import { type Drafter, rng, STREAMS } from '@foretoken/core'

/** A machine whose time is computed: what a step takes is read from a price list, what drafting takes is assumed. Milliseconds. */
export interface Machine {
  now(): number
  /** A look at the clock by somebody who thinks between looks. */
  clock(): number
  /** A step of so many rows behind so many positions. */
  step(rows: number, context: number): void
  /** The drafter, whose work takes its time. */
  timed(drafter: Drafter, method: string): Drafter
  alarm(): () => void
}

/** Between two looks of the controller at the clock: what it measured on two AMD EPYC cores by what `bench spec` shows. */
const THOUGHT = 0.025
/** What a draft takes: once, and for each level; what following a round takes. */
interface Work {
  readonly draft: number
  readonly level: number
  readonly commit: number
}
const FREE: Work = { draft: 0.05, level: 0, commit: 0.02 }

export interface MachineOptions {
  /** Plain steps that a level of a draft model takes. */
  readonly level: number
  /** Speed jumps between half and double, and a step in twenty is interrupted. Default: it is as fast all the time. */
  readonly busy?: boolean | undefined
  readonly seed: number
}

export function machine(curve: CostCurve, options: MachineOptions): Machine {
  const { uniform } = rng(options.seed)
  const level = options.level * stepMilliseconds(curve, 1, 0)
  let now = 0
  let draws = 0
  let speed = 1

  function slowness(): number {
    if (!options.busy) return 1
    const next = (): number => uniform(STREAMS.sample, draws++)
    if (next() < 0.02) speed = 2 ** (2 * next() - 1)
    const jitter = 0.9 + 0.2 * next()
    return speed * jitter * (next() < 0.05 ? 1 + 4 * next() : 1)
  }

  return {
    now: () => now,
    clock: () => (now += THOUGHT),
    alarm: () => () => {},
    step(rows, context) {
      now += stepMilliseconds(curve, rows, context) * slowness()
    },
    timed(drafter, method) {
      const work = method === 'draft-model' ? { ...FREE, level } : FREE
      return {
        ...drafter,
        draft(room, draws, goesOn) {
          now += work.draft
          if (work.level === 0) return drafter.draft(room, draws, goesOn)
          return drafter.draft(room, draws, (confidence) => {
            now += work.level
            return goesOn?.(confidence) ?? true
          })
        },
        commit(committed) {
          now += work.commit
          drafter.commit(committed)
        },
      }
    },
  }
}
