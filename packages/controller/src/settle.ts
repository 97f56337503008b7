/** The round's draft from what was asked: point masses merged and cut to the best size, or a drawn draft as it is. */
import { type Draft, NO_DRAFT, parentOf } from '@foretoken/core'
import { bestSize, type Size } from './growth.ts'
import type { Member } from './member.ts'
import type { Merge } from './merge.ts'
import type { Round } from './round.ts'

/**
 * Merges the point masses at hand, or takes the best of them where trees cannot be scored, and cuts to the best size.
 * @param stake Most steps that the round may lose.
 */
export function settlePointMasses(round: Round, stake: number): void {
  const { plan, desk } = round
  const { merge } = desk
  const sources = plan.asked.filter((each) => (each.draft?.tokens.length ?? 0) > 0 && !each.isDrawn)
  if (sources.length === 0) return
  for (const each of sources) each.estimates = estimatesOf(each)
  if (sources.length > 1) byStrength(sources)
  const isTree = desk.settings.trees && round.model.supports.has('attention:tree-mask')
  let best: { size: Size; draft: Draft; used: Member[] } | undefined
  for (const group of isTree ? [sources] : sources.map((each) => [each])) {
    merge.clear()
    for (const [i, each] of group.entries()) merge.add(i, each.draft!, each.estimates)
    merge.settle()
    const size = sizeOf(round, stake)
    noteBrought(round, group, size)
    if (best && best.size.advantage >= size.advantage) continue
    const used = group.filter((_, i) => usedNodes(merge, size.nodes, i) > 0)
    best = { size, draft: draftOf(merge, group, size), used }
  }
  const { size, draft, used } = best!
  plan.expected = size
  plan.draft = draft
  plan.used.splice(0, plan.used.length, ...used)
  if (plan.reason === 'nothing' || plan.reason === 'best' || plan.reason === 'ledger') {
    plan.reason = isHeldBack(round, size, stake) ? 'ledger' : 'best'
  }
}

/** Sorts by the tokens that each expects of its own draft, most first. */
function byStrength(sources: Member[]): void {
  const strength = new Map(sources.map((each) => [each, expectedOf(each.draft!, each.estimates)]))
  sources.sort((a, b) => strength.get(b)! - strength.get(a)!)
}

/** True when a first node was worth it but for the ledger. */
function isHeldBack(round: Round, size: Size, stake: number): boolean {
  const { merge, ledger } = round.desk
  if (size.nodes > 0 || merge.count === 0) return false
  return merge.probability(0) > ledger.pace * (round.step(1) - 1) && round.step(1) - 1 + round.plan.spent > stake
}

function sizeOf(round: Round, headroom: number): Size {
  const { merge, ledger } = round.desk
  const most = Math.min(merge.count, round.most)
  const steps = (nodes: number): number => round.step(nodes) + round.plan.spent
  return bestSize({ most, probability: merge.probability, steps, pace: ledger.pace, headroom })
}

/** The members' own draft when nothing was left out and nothing added; drafters know it by identity. */
function draftOf(merge: Merge, group: readonly Member[], size: Size): Draft {
  const [only] = group
  if (group.length === 1 && size.nodes === only!.draft!.tokens.length) return only!.draft!
  return size.nodes === 0 ? NO_DRAFT : merge.build(size.nodes)
}

function usedNodes(merge: Merge, nodes: number, source: number): number {
  let used = 0
  for (let place = 0; place < nodes; place++) used += merge.share(place, source)
  return used
}

/** What the draft promises beyond a plain step, in tokens, by the tokens that each source brings. */
function noteBrought({ desk, plan }: Round, group: readonly Member[], size: Size): void {
  const { merge, ledger } = desk
  const won = Math.max(0, size.advantage - (1 - ledger.pace * (1 + plan.spent)))
  for (const [i, each] of group.entries()) {
    let tokens = 0
    for (let place = 0; place < size.nodes; place++) tokens += merge.share(place, i) * merge.probability(place)
    each.brought = size.nodes > 0 ? (won * tokens) / (size.tokens - 1) : 0
  }
}

/** Acceptance of each node given its parent, [nodes]. */
function estimatesOf({ draft, acceptance, confidences }: Member): Float64Array {
  const { length } = draft!.tokens
  const estimates = new Float64Array(length)
  const depths = new Int32Array(length)
  const children = new Int32Array(length + 1)
  for (let node = 0; node < length; node++) {
    const parent = parentOf(draft!, node)
    depths[node] = parent < 0 ? 1 : depths[parent]! + 1
    const rank = children[parent + 1]!++
    estimates[node] = acceptance.estimate(depths[node]!, rank, confidences[node] ?? Number.NaN)
  }
  return estimates
}

function expectedOf(draft: Draft, estimates: Float64Array): number {
  const path = estimates.slice()
  let sum = 0
  for (let node = 0; node < path.length; node++) {
    const parent = parentOf(draft, node)
    if (parent >= 0) path[node]! *= path[parent]!
    sum += path[node]!
  }
  return sum
}

/** A draft that was drawn is the round's draft, whole. */
export function settleDrawn(round: Round, each: Member, draft: Draft): true {
  const { plan } = round
  const estimates = estimatesOf(each)
  const steps = round.step(draft.tokens.length) + plan.spent
  const tokens = 1 + expectedOf(draft, estimates)
  plan.draft = draft
  plan.used.splice(0, plan.used.length, each)
  plan.expected = { nodes: draft.tokens.length, tokens, steps, advantage: tokens - round.desk.ledger.pace * steps }
  return true
}
