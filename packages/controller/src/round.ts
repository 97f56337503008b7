/** A round while it is decided: what it rests on, what was asked so far, and what that cost. */
import { type Draft, type Draws, type GoesOn, lane, type Model } from '@foretoken/core'
import type { Size } from './growth.ts'
import type { Ledger } from './ledger.ts'
import { askMember, type Member } from './member.ts'
import type { Merge } from './merge.ts'
import type { Settings } from './options.ts'
import type { Reason } from './report.ts'
import type { StepCosts } from './step-costs.ts'
import type { Waiting } from './waiting.ts'

/** What decisions rest on. */
export interface Desk {
  readonly settings: Settings
  readonly members: readonly Member[]
  /** Those that look at the target's passes, and must be told of each at once. */
  readonly readers: readonly Member[]
  readonly costs: StepCosts
  readonly ledger: Ledger
  readonly merge: Merge
  /** Rounds since the controller was made. */
  clockRound: number
  /** Rounds since a plain step was timed, and after how many the next is due. */
  sincePlain: number
  measureEvery: number
  /** Rounds to come in which nobody is to be asked, so that there is nothing to think about; taken by who closes the round. */
  sleep: number
  /** Plain steps that a round with asking costs besides the asking, on average. */
  thinking: number
  /** Plain steps that closing the last round took that was thought about; not booked yet. */
  closing: number
}

export interface RoundInput {
  readonly model: Model
  readonly room: number
  readonly draws: Draws
  readonly goesOn: GoesOn | undefined
  /** Committed tokens that the step reads before the draft; more than 1 in the round that reads the prompt. */
  readonly pending: number
  /** Rounds of this generation before it. */
  readonly round: number
}

/** A decided round. Times in plain steps. */
export interface Plan {
  draft: Draft
  reason: Reason
  /** Members asked, and those of them that were not worth it of late. */
  readonly asked: Member[]
  readonly tried: Member[]
  /** Members whose nodes are verified. */
  readonly used: Member[]
  /** What asking has cost so far, and all other thinking. */
  spent: number
  thinking: number
  expected: Size
  /** The member that is looked at or probed. */
  probe: Member | undefined
  /** True when nobody is worth asking until somebody is due for a trial. */
  mayRest: boolean
}

/** A round while it is planned. */
export interface Round extends RoundInput {
  readonly desk: Desk
  readonly plan: Plan
  readonly isPrompt: boolean
  /** Milliseconds of a plain step; 0 while unknown. */
  readonly unit: number
  /** Most levels, and most nodes. */
  readonly levels: number
  readonly most: number
  readonly headroom: number
  /** Cost of the step with so many drafted nodes. */
  step(nodes: number): number
}

/** Milliseconds in plain steps; nothing while no plain step was timed. */
export function inSteps(round: Round, milliseconds: number): number {
  return round.unit > 0 ? milliseconds / round.unit : 0
}

/** A wish besides the caller's, and a limit below the usual one. */
export interface AskTerms {
  readonly goesOn?: GoesOn
  /** Milliseconds after which the draft is not waited for. */
  readonly limit?: number
}

/** Asks and adds up. */
export function* ask(round: Round, each: Member, levels: number, terms: AskTerms = {}): Waiting<Draft | undefined> {
  const { desk, plan } = round
  const { clock, alarm } = desk.settings
  const { goesOn, limit = limitOf(round, each, levels) } = terms
  const i = desk.members.indexOf(each)
  const wishes: GoesOn = (confidence) => (goesOn?.(confidence) ?? true) && (round.goesOn?.(confidence) ?? true)
  const draws = lane(round.draws, i, desk.members.length)
  const draft = yield* askMember(each, round.model, { room: levels, draws, goesOn: wishes, limit, clock, alarm })
  plan.asked.push(each)
  plan.spent += inSteps(round, each.spent)
  return draft
}

/** Milliseconds that any draft may take: the system may pause a thread so long. */
const LEAST_LIMIT = 50
/** Milliseconds that a draft may take while nobody knows what a step takes; a beginning, besides one for each token of the prompt. */
export const UNKNOWN_LIMIT = 1000

/** Milliseconds after which a draft is late. */
function limitOf({ desk, unit }: Round, each: Member, levels: number): number {
  if (unit === 0) return UNKNOWN_LIMIT + each.backlog
  // The target itself would read the backlog in so many steps.
  const reading = each.backlog * (desk.costs.relative(32) - desk.costs.relative(31))
  const expected = each.costs.predict(levels, 0) / unit
  return Math.max(LEAST_LIMIT, unit * (Math.max(desk.settings.patience, 4 * expected) + reading))
}

/** A drafter is free when asking it costs at most this many plain steps. */
const FREE = 0.1
/** Levels by which a free drafter's cost is judged. */
const TYPICAL_LEVELS = 8

/** True when asking each round is a matter of course: point masses, at next to no cost. */
export function isFree(each: Member, round: Round): boolean {
  if (each.bench !== undefined || each.costs.asks === 0 || round.plan.asked.includes(each)) return false
  return !each.isDrawn && askingCost(each, round) <= FREE
}

/** Plain steps that a free drafter's ask costs. */
export function askingCost(each: Member, round: Round): number {
  return inSteps(round, each.costs.predict(TYPICAL_LEVELS, 1))
}
