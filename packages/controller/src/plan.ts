/**
 * The decision of a round. Drafters that cost nothing are asked first; a costly one is asked when its outlook beats what they
 * brought, and goes on while the next token is worth its price. Point masses are merged and cut to the best size; a draft that
 * was drawn from a law is verified as it is, whatever it looks like, since leaving it out after a look would bias the output.
 */
import { NO_DRAFT } from '@foretoken/core'
import { askCostly, chooseCostly } from './costly.ts'
import { learnWorth, type Member } from './member.ts'
import { playDecision } from './pinned.ts'
import { ask, askingCost, type Desk, isFree, type Plan, type Round, type RoundInput } from './round.ts'
import { settleDrawn, settlePointMasses } from './settle.ts'
import type { Waiting } from './waiting.ts'

/** Share of what may still be lost that one round of free drafters may lose: what one text taught must not end the drafting of the next. */
const STAKE = 0.25
/** What may be lost to a first look at a drafter whose cost nobody knows. */
const LOOK = 0.5
/** After so many rounds it is thought again about whom to ask: costs and pace change. */
const LONGEST_SLEEP = 16

/** Chooses what the round drafts, asking whom it must. */
export function* planRound(desk: Desk, input: RoundInput): Waiting<Plan> {
  const round = opened(desk, input)
  const { plan } = round
  const { pinned } = desk.settings
  if (pinned) return yield* playDecision(round, pinned[Math.min(input.round, pinned.length - 1)]!)
  if (!round.isPrompt && isMeasureDue(desk)) return { ...plan, reason: 'measure' }
  if (round.most < 1) return plan
  // Thinking costs time too: what no draft can win back now is not thought about.
  if (round.headroom < 0) {
    desk.sleep = Math.min(LONGEST_SLEEP, Math.floor(-round.headroom / desk.settings.epsilon))
    return { ...plan, reason: 'rest' }
  }
  if (desk.members.some(isNew) && (yield* look(round))) return plan
  const isWorthThinking = isWorthAskingAnyone(round)
  if (isWorthThinking || desk.members.some((each) => isFree(each, round) && isTrialDue(each, round))) {
    for (const each of desk.members) {
      if (!isFree(each, round)) continue
      const isWorth = isWorthAsking(each, round)
      if (!isWorth && !isTrialDue(each, round)) continue
      if (!isWorth || !isWorthThinking) plan.tried.push(each)
      yield* ask(round, each, round.levels)
    }
  }
  settlePointMasses(round, STAKE * round.headroom)
  for (const each of plan.asked) learnWorth(each)
  const costly = chooseCostly(round)
  if (costly === undefined) {
    plan.mayRest = !isWorthThinking && !round.isPrompt && plan.asked.length === plan.tried.length
    return plan
  }
  if (yield* askCostly(round, costly)) return plan
  settlePointMasses(round, round.headroom)
  return plan
}

/** Rounds from the next one on for which nobody will be due, as far as can be seen. */
export function roundsToSleep({ members, clockRound }: Desk): number {
  let rounds = LONGEST_SLEEP
  for (const { bench, probing } of members) {
    const due = probing.dueIn(clockRound)
    // Whoever was due and was not asked is too dear, which a few rounds do not change.
    if (bench === undefined && due >= 0) rounds = Math.min(rounds, due)
  }
  return rounds
}

function opened(desk: Desk, input: RoundInput): Round {
  const { costs, ledger, settings } = desk
  const { model } = input
  const isPrompt = input.pending > 1
  // Rows of the prompt's last step: a draft must fit beside them, or it would cost another step.
  const rows = ((input.pending - 1) % model.maximumRows) + 1
  const offset = costs.relative(rows) - 1
  const step = (nodes: number): number => costs.relative(rows + nodes) - offset
  const expected = { nodes: 0, tokens: 1, steps: 1, advantage: 1 - ledger.pace }
  const reason = isPrompt ? 'prompt' : 'nothing'
  const { room, draws, goesOn, pending } = input
  // Written out: copying by spread takes longer than all the rest.
  return {
    model,
    room,
    draws,
    goesOn,
    pending,
    round: input.round,
    desk,
    plan: {
      draft: NO_DRAFT,
      reason,
      asked: [],
      tried: [],
      used: [],
      spent: 0,
      thinking: 0,
      expected,
      probe: undefined,
      mayRest: false,
    },
    isPrompt,
    unit: costs.unit(),
    levels: Math.min(input.room, settings.levels),
    most: model.maximumRows - rows,
    // What happens while the prompt is read is charged to nobody: reading it is the drafters' part of the prompt's cost.
    headroom: isPrompt ? Number.POSITIVE_INFINITY : ledger.headroom(),
    step,
  }
}

function isMeasureDue(desk: Desk): boolean {
  return desk.costs.unit() === 0 || desk.sincePlain >= desk.measureEvery
}

/** True while nobody knows what it costs to ask the member. */
function isNew({ costs, bench }: Member): boolean {
  return costs.asks === 0 && bench === undefined
}

/** First looks, one level each: all while the prompt is read, else one a round. @returns True when the round is decided. */
function* look(round: Round): Waiting<boolean> {
  const { plan, desk } = round
  for (const each of desk.members) {
    if (!isNew(each) || round.headroom < LOOK) continue
    plan.probe = each
    const draft = yield* ask(round, each, 1)
    plan.reason = round.isPrompt ? 'prompt' : 'look'
    if (draft !== undefined && draft.tokens.length > 0 && each.isDrawn) return settleDrawn(round, each, draft)
    if (!round.isPrompt) break
  }
  return false
}

/** Tokens that it brings beyond what the asking costs. */
function worthOf(each: Member, round: Round): number {
  return each.worth - askingCost(each, round) * round.desk.ledger.pace
}

function isWorthAsking(each: Member, round: Round): boolean {
  return worthOf(each, round) > 0
}

/** True when free drafters together bring more than thinking about them costs. */
function isWorthAskingAnyone(round: Round): boolean {
  const { members, thinking, ledger } = round.desk
  let worth = 0
  for (const each of members) if (isFree(each, round)) worth += Math.max(0, worthOf(each, round))
  return worth > thinking * ledger.pace
}

/** What brought too little for its cost is tried again from time to time, and while the prompt is read, which takes longer by far. */
function isTrialDue(each: Member, round: Round): boolean {
  return round.isPrompt || (askingCost(each, round) <= round.headroom && each.probing.isDue(round.desk.clockRound))
}
