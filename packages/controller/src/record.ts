import type { Committed } from '@foretoken/core'
import type { Observed } from './learn.ts'
import type { Member } from './member.ts'
import { decisionOf } from './pinned.ts'
import type { Benched, Considered, RoundRecord } from './report.ts'
import type { Desk, Plan } from './round.ts'

/** Drafters left out of this generation, and why. */
export function benchedOf(members: readonly Member[]): Benched[] {
  return members.flatMap(({ name, bench }) => (bench === undefined ? [] : [{ drafter: name, reason: bench }]))
}

/** The record of a round that is over. */
export function recordOf(
  desk: Desk,
  generation: { readonly round: number; readonly position: number },
  plan: Plan,
  committed: Committed,
  observed: Observed,
): RoundRecord {
  const { round, position } = generation
  return {
    round,
    position,
    considered: desk.members.map((each) => consideredOf(desk, plan, each)),
    decision: decisionOf(desk, plan),
    reason: plan.reason,
    drafted: plan.draft.tokens.length,
    accepted: committed.path.length,
    expected: { tokens: plan.expected.tokens, steps: plan.expected.steps },
    observed,
    gains: desk.ledger.gains,
    pace: desk.ledger.pace,
    benched: benchedOf(desk.members),
  }
}

function consideredOf(desk: Desk, plan: Plan, each: Member): Considered {
  const unit = desk.costs.unit()
  const isAsked = plan.asked.includes(each)
  const milliseconds = isAsked ? each.milliseconds : each.costs.predict(1, each.backlog)
  return {
    drafter: each.name,
    drafted: isAsked ? (each.draft?.tokens.length ?? 0) : 0,
    isAsked,
    acceptance: each.acceptance.estimate(1, 0, isAsked ? (each.confidences[0] ?? Number.NaN) : Number.NaN),
    cost: unit > 0 ? milliseconds / unit : 0,
  }
}
