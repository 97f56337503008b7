import { badOption, checkInteger, checkKeys, checkNumber, type Drafter } from '@foretoken/core'
import { type CostCurve, parseCostCurve } from './cost-curve.ts'
import { type Experience, parseExperience } from './experience.ts'
import type { Alarm } from './member.ts'
import type { Decision, RoundRecord } from './report.ts'

export interface ControllerOptions {
  /** Chosen among; those that cost nothing are asked first, in this order. The controller disposes them. */
  readonly drafters: readonly Drafter[]
  /** The measured cost of steps, from `measureCosts`. Default: a cautious guess, corrected while decoding. */
  readonly costs?: CostCurve | undefined
  /** What an earlier controller over the same checkpoint and drafters had learned, from its `experience()`. Default none. */
  readonly experience?: Experience | undefined
  /** Loss that is allowed in the long run, as a share of plain decoding's time. Default 0.01. */
  readonly epsilon?: number | undefined
  /** Loss that is allowed once in each generation besides, in plain steps. Default 2. */
  readonly allowance?: number | undefined
  /** Most levels of a draft, at most 64. Default 31. */
  readonly levels?: number | undefined
  /** Merge drafts into trees when the model can score them. False for verifiers that take chains only. Default true. */
  readonly trees?: boolean | undefined
  /** A draft is late after this many plain steps and what it takes to read the backlog, and not before 50 ms. Default 4. */
  readonly patience?: number | undefined
  /** Keep what was learned of drafters, costs and pace from one generation to the next. Default true. */
  readonly remember?: boolean | undefined
  /** Plays these decisions instead of choosing, one a round, the last one on and on. Default: chooses. */
  readonly pinned?: readonly Decision[] | undefined
  /** Receives a record of each round after it. Default none. */
  readonly explain?: ((record: RoundRecord) => void) | undefined
  /** Milliseconds. Default `performance.now`. */
  readonly clock?: (() => number) | undefined
  /** Default `setTimeout`. */
  readonly alarm?: Alarm | undefined
}

/** Options with their defaults. */
export interface Settings {
  readonly drafters: readonly Drafter[]
  /** Distinct names of the drafters, [drafters]: a second `draft-model` is `draft-model 2`. */
  readonly names: readonly string[]
  readonly costs: CostCurve | undefined
  readonly experience: Experience | undefined
  readonly epsilon: number
  readonly allowance: number
  readonly levels: number
  readonly trees: boolean
  readonly patience: number
  readonly remember: boolean
  readonly pinned: readonly Decision[] | undefined
  readonly explain: ((record: RoundRecord) => void) | undefined
  readonly clock: () => number
  readonly alarm: Alarm
}

export const CONTROLLER_KEYS: readonly (keyof ControllerOptions)[] = [
  'drafters',
  'costs',
  'experience',
  'epsilon',
  'allowance',
  'levels',
  'trees',
  'patience',
  'remember',
  'pinned',
  'explain',
  'clock',
  'alarm',
]

/** @throws BAD_OPTION */
export function checkControllerOptions(options: ControllerOptions): Settings {
  checkKeys('controller', options, CONTROLLER_KEYS)
  const { drafters, costs, experience, epsilon, allowance, levels, patience, pinned } = options
  if (!Array.isArray(drafters) || drafters.length === 0) {
    throw badOption('controller', 'drafters', 'is empty', 'at least one drafter')
  }
  const names = namesOf(drafters)
  checkNumber('controller', 'epsilon', epsilon, 0, 1)
  checkNumber('controller', 'allowance', allowance, 0)
  checkInteger('controller', 'levels', levels, 1, 64)
  checkNumber('controller', 'patience', patience, 0)
  for (const ask of pinned?.flat() ?? []) {
    checkInteger('controller', 'pinned', ask.levels, 1, 64)
    if (!names.includes(ask.drafter)) {
      throw badOption('controller', 'pinned', `names ${ask.drafter}`, `one of ${names.join(', ')}`)
    }
  }
  if (pinned?.length === 0) throw badOption('controller', 'pinned', 'is empty', 'at least one decision')
  return {
    drafters,
    names,
    costs: costs && parseCostCurve(costs),
    experience: experience && parseExperience(experience),
    epsilon: epsilon ?? 0.01,
    allowance: allowance ?? 2,
    levels: levels ?? 31,
    trees: options.trees ?? true,
    patience: patience ?? 4,
    remember: options.remember ?? true,
    pinned,
    explain: options.explain,
    clock: options.clock ?? (() => performance.now()),
    alarm: options.alarm ?? ring,
  }
}

function namesOf(drafters: readonly Drafter[]): string[] {
  const names: string[] = []
  for (const { manifest } of drafters) {
    let name = manifest.name
    for (let number = 2; names.includes(name); number++) name = `${manifest.name} ${number}`
    names.push(name)
  }
  return names
}

const ring: Alarm = (milliseconds, call) => {
  const timer = setTimeout(call, milliseconds)
  return () => clearTimeout(timer)
}
