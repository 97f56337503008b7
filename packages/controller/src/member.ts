/**
 * A drafter under control: what was learned of it, and a guard around its code. A member that throws, drafts what cannot be, or
 * is late is benched until the next generation, with the reason; the round goes on without it.
 */
import {
  type Committed,
  type Draft,
  type Drafter,
  type Draws,
  ForetokenError,
  type GoesOn,
  isChain,
  type Model,
  SPEC_VERSION,
} from '@foretoken/core'
import { type Acceptance, acceptance } from './acceptance.ts'
import { type AskCosts, askCosts } from './ask-costs.ts'
import { type Probing, probing } from './probing.ts'
import { flawOf } from './sound-draft.ts'
import { isPromise, type Waiting } from './waiting.ts'

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
  /** Tokens per round that it brought to drafts when it was asked, on average. */
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
  /** What the ask took, and what of that is booked. */
  milliseconds: number
  spent: number
  /** What never came; it may still be running. */
  late: Promise<unknown> | undefined
}

/** Levels of a draft for which confidences are kept. */
const LEVELS = 64
const NO_LIMIT = 2 ** 31 - 1
const LATE = Symbol('late')
/** Optimism that lets a new drafter be asked. */
const WORTH = 0.5

export function member(drafter: Drafter, name: string, epsilon: number): Member {
  return {
    drafter,
    name,
    acceptance: acceptance(),
    costs: askCosts(),
    probing: probing(epsilon),
    bench: undefined,
    isDrawn: false,
    worth: WORTH,
    backlog: 0,
    isAsking: false,
    isWaitedFor: false,
    room: 0,
    heard: 0,
    draft: undefined,
    confidences: new Float64Array(LEVELS),
    milliseconds: 0,
    spent: 0,
    late: undefined,
  }
}

/**
 * Starts a generation for one member. It is benched when the model lacks what it requires, when its own code refuses, or when it is
 * not ready before the alarm.
 */
export function* beginMember(each: Member, prompt: Int32Array, model: Model, limits: Limits): Waiting<void> {
  const { drafter } = each
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
  each.room = ask.room
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

/** Hands on what was committed. */
export function tellMember(each: Member, committed: Committed): void {
  each.backlog += committed.tokens.length
  if (each.bench !== undefined) return
  try {
    each.drafter.commit(committed)
  } catch (error) {
    each.bench = `it could not follow: ${reasonOf(error)}`
  }
}

/** Disposes of the drafter, once a late draft has come. */
export async function disposeMember(each: Member): Promise<void> {
  if (each.late === undefined) return each.drafter.dispose()
  void each.late.then(() => each.drafter.dispose())
}

function reasonOf(error: unknown): string {
  if (ForetokenError.is(error)) return `${error.code}, ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
