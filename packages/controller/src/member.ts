/**
 * A drafter under control: what was learned of it, and a guard around its code. A member that throws, drafts what cannot be, or
 * is late is benched until the next generation, with the reason; the round goes on without it.
 */
import {
  type Capability,
  type Committed,
  type Draft,
  type Drafter,
  type Draws,
  ForetokenError,
  type GoesOn,
  isChain,
  isPromise,
  type Model,
  SPEC_VERSION,
} from '@foretoken/core'
import { type Acceptance, acceptance } from './acceptance.ts'
import { type AskCosts, askCosts } from './ask-costs.ts'
import { type Probing, probing } from './probing.ts'
import { flawOf } from './sound-draft.ts'
import type { Waiting } from './waiting.ts'

/** Calls `ring` after some milliseconds unless the returned function is called first. */
export type Alarm = (milliseconds: number, ring: () => void) => () => void

/** How long a member may take. */
export interface Limits {
  /** Milliseconds after which it is late. */
  readonly limit: number
  readonly alarm: Alarm
}

export interface Ask extends Limits {
  readonly room: number
  readonly draws: Draws
  readonly goesOn: GoesOn | undefined
  readonly clock: () => number
}

/** What was learned of a member outlives the generation; `bench` and what follows it do not. */
export interface Member {
  readonly drafter: Drafter
  readonly name: string
  readonly acceptance: Acceptance
  readonly costs: AskCosts
  readonly probing: Probing
  /** Why it is left out of this generation. */
  bench: string | undefined
  /** True when its last draft was drawn from a law, so that it must be verified as it is. */
  isDrawn: boolean
  /** What its nodes promised the round beyond their rows' price, in tokens; and its average over the rounds it was asked in. */
  brought: number
  worth: number
  /** Tokens committed since it was last asked. */
  backlog: number
  /** True once it asked whether to go on. */
  isAsking: boolean
  /** True when its last draft was a promise. */
  isWaitedFor: boolean
  /** Levels it was asked for. */
  room: number
  /** Round of its last evidence. */
  heard: number
  /** Its draft of this round, and the confidences it gave, [nodes], NaN for none. */
  draft: Draft | undefined
  confidences: Float64Array
  /** Acceptance of each of its nodes given its parent, [nodes]. */
  estimates: Float64Array
  /** What the ask took, and what of that is booked. */
  milliseconds: number
  spent: number
  /** What never came; it may still be running. */
  late: Promise<unknown> | undefined
  /** True when it looks at the target's passes, which are there for one round only. */
  readonly isReading: boolean
  /** Rounds that it has not been told of. */
  readonly untold: Committed[]
}

/** Levels of a draft for which confidences are kept. */
const LEVELS = 64
const NO_LIMIT = 2 ** 31 - 1
const LATE = Symbol('late')
/** What drafters require that look at the target's passes. */
const READING: readonly Capability[] = ['logits:all-positions', 'output:hidden-states', 'output:attention']
const NO_LOGITS = new Float32Array(0)
/** Most rounds that a drafter is not told of. */
const MOST_UNTOLD = 32
/** Tokens that a new drafter is believed to bring, and the rounds which that counts for. */
const WORTH = 0.2
const WORTH_ROUNDS = 4
/** Weights of a round that brought more, and less: what can be drafted comes in stretches, and to miss one costs more than to wait. */
const WORTH_RISES = 0.1
const WORTH_FALLS = 0.02

export function member(drafter: Drafter, name: string, epsilon: number): Member {
  return {
    drafter,
    name,
    acceptance: acceptance(),
    costs: askCosts(),
    probing: probing(epsilon),
    bench: undefined,
    isDrawn: false,
    brought: 0,
    worth: WORTH,
    backlog: 0,
    isAsking: false,
    isWaitedFor: false,
    room: 0,
    heard: 0,
    draft: undefined,
    confidences: new Float64Array(LEVELS),
    estimates: new Float64Array(0),
    milliseconds: 0,
    spent: 0,
    late: undefined,
    isReading: drafter.manifest.requires.some((capability) => READING.includes(capability)),
    untold: [],
  }
}

/**
 * Starts a generation for one member. It is benched when the model lacks what it requires, when its own code refuses, or when it is
 * not ready before the alarm.
 */
export function* beginMember(each: Member, prompt: Int32Array, model: Model, limits: Limits): Waiting<void> {
  const { drafter } = each
  tellUntold(each)
  each.bench = unfit(drafter, model) ?? (each.late ? 'what it was last asked for has still not come' : undefined)
  each.draft = undefined
  each.backlog = prompt.length
  if (each.bench !== undefined) return
  try {
    const answer = drafter.begin(prompt, model)
    if (isPromise(answer)) yield inTime(each, 'beginning', answer, limits)
  } catch (error) {
    each.bench = `it could not begin: ${reasonOf(error)}`
  }
}

function unfit(drafter: Drafter, model: Model): string | undefined {
  const { specVersion, requires } = drafter.manifest
  if (specVersion !== SPEC_VERSION) return `it has spec version ${specVersion}; ${SPEC_VERSION} was expected`
  const missing = requires.find((capability) => !model.supports.has(capability))
  return missing && `the model does not support ${missing}`
}

/** Asks for a draft. Leaves it, its confidences and its cost in the member. @returns It, or nothing when the member was benched. */
export function* askMember(each: Member, model: Model, ask: Ask): Waiting<Draft | undefined> {
  const { clock } = ask
  const started = clock()
  const levels = confidencesOf(each, ask)
  each.draft = undefined
  each.brought = 0
  each.room = ask.room
  tellUntold(each)
  if (each.bench !== undefined) return undefined
  let draft: Draft | undefined
  try {
    const answer = each.drafter.draft(ask.room, ask.draws, levels.goesOn)
    each.isWaitedFor = isPromise(answer)
    draft = isPromise(answer) ? ((yield inTime(each, 'draft', answer, ask)) as Draft | undefined) : answer
  } catch (error) {
    each.bench = `it failed: ${reasonOf(error)}`
  }
  levels.end()
  each.milliseconds = clock() - started
  each.spent = each.milliseconds
  const flaw = draft && flawOf(draft, ask.room, model)
  if (flaw !== undefined) each.bench = `it drafted ${flaw}`
  if (draft === undefined || flaw !== undefined) return undefined
  const nodes = draft.tokens.length
  const written = levels.asked > 0 ? levels.asked : Math.min(nodes, ask.room)
  each.spent = each.costs.plausible(written, each.backlog, each.milliseconds)
  each.costs.learn(written, each.backlog, each.milliseconds)
  each.backlog = 0
  if (nodes > 0) each.isDrawn = draft.q.kind !== 'point-mass'
  if (!isChain(draft)) each.confidences.fill(Number.NaN)
  if (draft.confidence) for (let i = 0; i < nodes && i < LEVELS; i++) each.confidences[i] = draft.confidence[i]!
  each.draft = draft
  return draft
}

/** Follows what a draft brought. */
export function learnWorth(each: Member): void {
  const { brought, costs, worth } = each
  const weight = brought > worth ? WORTH_RISES : Math.max(WORTH_FALLS, 1 / (WORTH_ROUNDS + costs.asks))
  each.worth += weight * (brought - worth)
}

/** Notes the confidence and the time of each level as the drafter asks whether to go on. */
function confidencesOf(each: Member, { goesOn, clock }: Ask): { goesOn: GoesOn; end(): void; readonly asked: number } {
  let asked = 0
  let last = Number.NaN
  let isOver = false
  each.confidences.fill(Number.NaN)
  return {
    goesOn(confidence) {
      if (isOver) return false
      const now = clock()
      each.isAsking = true
      if (asked > 0) each.costs.learnLevel(now - last)
      if (asked < LEVELS) each.confidences[asked] = confidence
      asked++
      // The time of the caller's own thinking is no cost of the level.
      const isWanted = goesOn?.(confidence) ?? true
      last = clock()
      return isWanted
    },
    end() {
      isOver = true
    },
    get asked() {
      return asked
    },
  }
}

/** The answer, or nothing when the alarm rings first: then the member is benched, and what comes later is dropped. */
async function inTime<T>(each: Member, what: string, answer: Promise<T>, limits: Limits): Promise<T | undefined> {
  let cancel: () => void = () => {}
  const limit = Math.min(NO_LIMIT, Math.ceil(limits.limit))
  const alarm = new Promise<typeof LATE>((resolve) => {
    cancel = limits.alarm(limit, () => resolve(LATE))
  })
  const first = await Promise.race([answer, alarm]).finally(() => cancel())
  if (first !== LATE) return first
  each.bench = `its ${what} did not come within ${limit} ms`
  const forget = (): void => {
    each.late = undefined
  }
  each.late = answer.then(forget, forget)
  return undefined
}

/**
 * Hands on what was committed: at once, or, where it may be late and the drafter looks at tokens only, before it is asked next.
 * Between steps the processor's caches are cold, and following a text round by round takes several times as long as at once.
 */
export function tellMember(each: Member, committed: Committed, mayBeLate: boolean): void {
  each.backlog += committed.tokens.length
  if (each.bench !== undefined) return
  if (mayBeLate && !each.isReading && each.untold.length < MOST_UNTOLD) {
    each.untold.push(withoutLogits(committed))
    return
  }
  tellUntold(each)
  tell(each, committed)
}

/** Written out: copying by spread takes several times as long. */
export function withoutLogits({ kind, path, token, tokens, draft, output, base }: Committed): Committed {
  return { kind, path, token, tokens, draft, output: { rows: output.rows, logits: NO_LOGITS }, base }
}

function tellUntold(each: Member): void {
  for (const committed of each.untold) tell(each, committed)
  each.untold.length = 0
}

function tell(each: Member, committed: Committed): void {
  if (each.bench !== undefined) return
  try {
    each.drafter.commit(committed)
  } catch (error) {
    each.bench = `it could not follow: ${reasonOf(error)}`
  }
}

/** Disposes of the drafter, once a late draft has come. */
export async function disposeMember(each: Member): Promise<void> {
  tellUntold(each)
  if (each.late === undefined) return each.drafter.dispose()
  void each.late.then(() => each.drafter.dispose())
}

function reasonOf(error: unknown): string {
  if (ForetokenError.is(error)) return `${error.code}, ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
