/** What a round teaches: acceptance of every draft at hand, prices, the ledger, and when to probe again. */
import type { Committed } from '@foretoken/core'
import { judge } from './evidence.ts'
import type { Member } from './member.ts'
import { roundsToSleep } from './plan.ts'
import type { Desk, Plan } from './round.ts'

/** What a round took, as it came. Times in plain steps. */
export interface Observed {
  readonly tokens: number
  readonly steps: number
  readonly milliseconds: number
}

/** Rounds between two plain rounds for the price list: at the start, and at most. */
export const MEASURE_FIRST = 32
const MEASURE_MOST = 512
/** Weight of a round in what thinking costs. */
const THINKING = 0.1

/** Tokens and steps of a round that took `milliseconds`. */
export function observe(desk: Desk, committed: Committed, milliseconds: number): Observed {
  const unit = desk.costs.unit()
  return { tokens: committed.tokens.length, steps: unit > 0 ? milliseconds / unit : 1, milliseconds }
}

/** What a round without a plan teaches: it was plain, at the price of a plain step. */
export function learnSleep(desk: Desk): void {
  desk.ledger.add(1, 1, false)
  desk.sincePlain = 0
  desk.clockRound++
}

/**
 * The ledger books what the round cost by the price list, which follows what rounds take: a pause of the machine would have hit plain
 * decoding too, and must not end the drafting.
 * @param stepping Milliseconds of the step, when it read the draft and one token only.
 */
export function learnRound(desk: Desk, plan: Plan, committed: Committed, stepping?: number): void {
  const { costs, members } = desk
  const isPlain = plan.draft.tokens.length === 0
  let isChanged = false
  desk.merge.learn(committed.tokens)
  for (const each of plan.asked) if (learnMember(desk, each, committed)) isChanged = true
  if (stepping !== undefined) {
    costs.learn(1 + plan.draft.tokens.length, stepping)
    if (isPlain && plan.reason === 'measure') desk.measureEvery = Math.min(MEASURE_MOST, 2 * desk.measureEvery)
    desk.sincePlain = isPlain ? 0 : desk.sincePlain + 1
    const [tokens, steps] = [
      committed.tokens.length,
      costs.relative(1 + plan.draft.tokens.length) + plan.spent + plan.thinking + desk.closing,
    ]
    desk.ledger.add(tokens, steps, plan.probe !== undefined)
    if (plan.probe) settleProbe(desk, plan.probe, tokens, steps)
  }
  if (plan.asked.length > 0) desk.thinking += THINKING * (plan.thinking + desk.closing - desk.thinking)
  for (const each of plan.asked) {
    if (each === plan.probe) {
      // What did not come is as slow as ever: hope begins anew.
      if (each.draft === undefined) each.heard = desk.clockRound
      continue
    }
    if (plan.used.includes(each)) each.probing.succeeded(desk.clockRound)
    else if (plan.tried.includes(each)) each.probing.failed(desk.clockRound, plan.spent + desk.thinking)
  }
  if (isChanged) {
    desk.measureEvery = MEASURE_FIRST
    for (const each of members) each.probing.hasten(desk.clockRound)
  }
  desk.clockRound++
  if (plan.mayRest) desk.sleep = roundsToSleep(desk)
}

/** @returns True when the drafter's acceptance has changed. */
function learnMember(desk: Desk, each: Member, committed: Committed): boolean {
  const { acceptance, confidences, draft } = each
  if (draft === undefined || draft.tokens.length === 0) return false
  judge(draft, committed, (depth, rank, node, isAccepted) => {
    acceptance.learn(depth, rank, confidences[node] ?? Number.NaN, isAccepted)
  })
  each.heard = desk.clockRound
  return acceptance.settle()
}

function settleProbe({ clockRound, ledger }: Desk, probe: Member, tokens: number, steps: number): void {
  const won = tokens - ledger.pace * steps
  if (won > 1 - ledger.pace) probe.probing.succeeded(clockRound)
  else probe.probing.failed(clockRound, Math.max(0, steps - tokens))
}
