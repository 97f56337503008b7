/**
 * Drafters whose levels cost time. One is asked when its outlook, by what is known of each depth, beats the plan at hand, or when
 * old evidence is due for a probe; it is then asked level by level while a size ahead makes the round better.
 */
import type { GoesOn } from '@foretoken/core'
import { bestSize, type Size } from './growth.ts'
import type { Member } from './member.ts'
import { ask, inSteps, isFree, type Round } from './round.ts'
import { settleDrawn } from './settle.ts'
import type { Waiting } from './waiting.ts'

/** Rounds over which reading the backlog is spread when a drafter's outlook is weighed: it is read once. */
const HORIZON = 16

/** A costly drafter and the size that it is asked for. */
interface Costly {
  readonly member: Member
  readonly size: Size
  /** Milliseconds that a probe may take; nothing for an ask that is no probe. */
  readonly box?: number
}

/** The costly drafter whose outlook beats the plan at hand; else one that is due for a probe and might. */
export function chooseCostly(round: Round): Costly | undefined {
  const { desk, plan } = round
  let best: Costly | undefined
  let probe: Costly | undefined
  for (const member of desk.members) {
    const isAsked = plan.asked.includes(member) || member.costs.asks === 0
    if (member.bench !== undefined || isAsked || isFree(member, round)) continue
    const size = outlook(round, member, false)
    if (size && size.advantage > Math.max(plan.expected.advantage, best?.size.advantage ?? -Infinity)) {
      best = { member, size }
    }
    if (!member.probing.isDue(desk.clockRound)) continue
    const hope = outlook(round, member, true)
    if (!hope || hope.advantage <= Math.max(plan.expected.advantage, probe?.size.advantage ?? -Infinity)) continue
    const box = boxOf(round, member, hope)
    if (box !== undefined) probe = { member, size: hope, box }
  }
  return best ?? probe
}

/** Rounds after which an old price is believed half as much by those who hope. */
const PRICE_FADING = 256

/** A probe may take this many times what it is hoped to take, and at least a step. */
const PATIENT = 1.5

/**
 * Milliseconds that a probe may take: a drafter whose drafts come in their own time is not waited for longer than hope lasts, any other
 * takes what it took. Nothing when probes, all together, would then have cost more than `epsilon` of all time.
 */
function boxOf(round: Round, { costs, isWaitedFor }: Member, { nodes, steps }: Size): number | undefined {
  const { desk, unit, step, plan } = round
  const { explored, steps: all } = desk.ledger
  const hoped = Math.max(1, PATIENT * (steps - step(nodes) - plan.spent))
  const price = step(nodes) - 1 + (isWaitedFor ? hoped : inSteps(round, costs.predict(nodes, 1)))
  if (explored + price > desk.settings.epsilon * all) return undefined
  return isWaitedFor && unit > 0 ? unit * hoped : Infinity
}

/** The best size of a drafter before it is asked, by what is known of each depth; nothing when it cannot be afforded. */
function outlook(round: Round, { acceptance, costs, backlog, heard }: Member, isHopeful: boolean): Size | undefined {
  const { desk, plan, most, levels } = round
  const age = desk.clockRound - heard
  const belief = isHopeful ? 2 ** (-age / PRICE_FADING) : 1
  const spread = belief * inSteps(round, costs.predict(0, backlog) - costs.predict(0, backlog / HORIZON))
  const steps = (nodes: number): number =>
    round.step(nodes) + plan.spent + belief * inSteps(round, costs.predict(nodes, backlog / HORIZON))
  const headroom = round.headroom - spread
  let path = 1
  const probability = (i: number): number => {
    path *= isHopeful ? acceptance.optimistic(i + 1, age) : acceptance.estimate(i + 1, 0, Number.NaN)
    return path
  }
  const { pace } = desk.ledger
  const size = bestSize({ most: Math.min(most, levels), probability, steps, pace, headroom, least: 1 })
  return size.steps - 1 <= headroom ? size : undefined
}

/** Asks a costly drafter while the next level is worth its price. @returns True when its draft decides the round. */
export function* askCostly(round: Round, { member, size, box }: Costly): Waiting<boolean> {
  const { plan } = round
  // A drafter that never asks whether to go on drafts what it is asked for.
  const isProbe = box !== undefined
  const levels = member.isAsking && !isProbe ? Math.min(round.levels, round.most) : size.nodes
  if (isProbe) plan.probe = member
  plan.reason = isProbe ? 'probe' : 'best'
  const draft = yield* ask(round, member, levels, {
    goesOn: worthGoingOn(round, member),
    ...(isProbe && box < Infinity && { limit: box }),
  })
  if (draft === undefined || draft.tokens.length === 0 || !member.isDrawn) return false
  return settleDrawn(round, member, draft)
}

/** After each level: is there a size ahead that makes the round better than it is now, and can it be afforded? */
function worthGoingOn(round: Round, { acceptance, costs, backlog }: Member): GoesOn {
  const { desk, plan } = round
  const { pace } = desk.ledger
  const most = Math.min(round.levels, round.most)
  const before = plan.spent
  const steps = (nodes: number): number => round.step(nodes) + before + inSteps(round, costs.predict(nodes, backlog))
  let level = 0
  let path = 1
  let tokens = 1
  return (confidence) => {
    level++
    path *= acceptance.estimate(level, 0, confidence)
    tokens += path
    const now = tokens - pace * steps(level)
    let [ahead, far] = [tokens, path]
    for (let next = level + 1; next <= most && steps(next) - 1 <= round.headroom; next++) {
      far *= acceptance.estimate(next, 0, Number.NaN)
      ahead += far
      if (ahead - pace * steps(next) > now) return true
    }
    return false
  }
}
