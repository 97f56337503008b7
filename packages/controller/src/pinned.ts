/** Decisions that are given instead of made: a fixed schedule, or a recorded one played again. */
import { type Draft, NO_DRAFT, nextChild, parentOf } from '@foretoken/core'
import type { Member } from './member.ts'
import type { Decision, PinnedAsk } from './report.ts'
import { ask, type Desk, type Plan, type Round } from './round.ts'
import type { Waiting } from './waiting.ts'

/** Asks as the decision says, merges all that may be merged and cuts nothing but what the decision leaves out. */
export function* playDecision(round: Round, decision: Decision): Waiting<Plan> {
  const { plan, desk, most } = round
  const { merge, members } = desk
  plan.reason = 'pinned'
  merge.clear()
  for (const { drafter, levels, keep } of decision) {
    const each = members.find(({ name }) => name === drafter)!
    if (each.bench !== undefined || Math.min(levels, round.room, most) < 1) continue
    const draft = yield* ask(round, each, Math.min(levels, round.room, most))
    if (draft === undefined || draft.tokens.length === 0) continue
    plan.used.push(each)
    plan.draft = draft
    if (each.isDrawn) return expecting(round, plan.draft)
    const kept = keep ? keptOf(draft, keep) : draft
    merge.add(plan.used.length - 1, kept, new Float64Array(kept.tokens.length).fill(1))
    if (kept !== draft) plan.draft = kept
  }
  if (plan.used.length > 1) {
    merge.settle()
    plan.draft = merge.build(Math.min(merge.count, most))
  }
  // Its nodes promise nothing, so that the round has nothing to say of them.
  merge.clear()
  return expecting(round, plan.draft)
}

function expecting({ plan, desk, step }: Round, draft: Draft): Plan {
  const nodes = draft.tokens.length
  const steps = step(nodes) + plan.spent
  return { ...plan, draft, expected: { nodes, tokens: 1, steps, advantage: 1 - desk.ledger.pace * steps } }
}

/** The part of a draft that holds the nodes `keep`; nodes that the draft lacks, or whose parent is left out, are left out. */
function keptOf(draft: Draft, keep: readonly number[]): Draft {
  const place = new Map([[-1, -1]])
  const tokens: number[] = []
  const parents: number[] = []
  for (const node of keep) {
    const parent = node < draft.tokens.length ? place.get(parentOf(draft, node)) : undefined
    if (parent === undefined) continue
    place.set(node, tokens.length)
    tokens.push(draft.tokens[node]!)
    parents.push(parent)
  }
  if (tokens.length === 0) return NO_DRAFT
  return { tokens: Int32Array.from(tokens), parents: Int32Array.from(parents), q: draft.q }
}

/** The decision that a plan came to, for the record. */
export function decisionOf({ members }: Desk, plan: Plan): Decision {
  return members.filter((each) => plan.used.includes(each)).map((each) => askOf(each, plan.draft))
}

function askOf({ name, draft, room, isAsking, isDrawn }: Member, verified: Draft): PinnedAsk {
  const mine = draft!
  // A drafter that was told to stop is asked for what it drafted then.
  const levels = isAsking ? Math.min(room, mine.tokens.length) : room
  if (mine === verified || isDrawn) return { drafter: name, levels }
  const places = new Map([[-1, -1]])
  for (let node = 0; node < mine.tokens.length; node++) {
    const parent = places.get(parentOf(mine, node))
    const place = parent === undefined ? -1 : childWith(verified, parent, mine.tokens[node]!)
    if (place >= 0) places.set(node, place)
  }
  return { drafter: name, levels, keep: [...places.keys()].slice(1) }
}

function childWith(draft: Draft, parent: number, token: number): number {
  for (let child = nextChild(draft, parent); child >= 0; child = nextChild(draft, parent, child)) {
    if (draft.tokens[child] === token) return child
  }
  return -1
}
