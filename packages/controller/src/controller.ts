/**
 * The controller: a drafter that chooses each round among drafters and their sizes, none included, to make tokens per second as
 * many as possible on this machine. No single paper: confidence as acceptance is EAGLE-2's (arXiv 2406.16858), growing the draft
 * by path probability OPT-Tree's (2406.17276) and Sequoia's (2402.12374), stopping a draft model by a threshold SpecDec++'s
 * (2405.19715), goodput in place of acceptance SmartSpec's (2406.14066), the choice of a drafter as a bandit BanditSpec's
 * (2505.15141). The measured cost curve as the price and the ledger that bounds the loss are ours.
 *
 * It changes what is drafted, never what is decided: every guarantee of the verifier stays.
 */
import {
  type Capability,
  type Committed,
  type Draft,
  type Drafter,
  ForetokenError,
  type Model,
  NO_DRAFT,
  SPEC_VERSION,
} from '@foretoken/core'
import { type Experience, experienceOf, resumeDesk } from './experience.ts'
import { learnRound, learnSleep, MEASURE_FIRST, type Observed, observe } from './learn.ts'
import { ledger } from './ledger.ts'
import { beginMember, disposeMember, type Member, member, tellMember, withoutLogits } from './member.ts'
import { merge } from './merge.ts'
import { type ControllerOptions, checkControllerOptions, type Settings } from './options.ts'
import { planRound } from './plan.ts'
import { benchedOf, recordOf } from './record.ts'
import { type Report, type Tally, tally } from './report.ts'
import { type Desk, type Plan, type RoundInput, UNKNOWN_LIMIT } from './round.ts'
import { stepCosts } from './step-costs.ts'
import { settled, type Waiting } from './waiting.ts'

export interface Controller extends Drafter {
  /** What the controller did and why it may be believed. Default: since the last `begin`. */
  report(scope?: 'generation' | 'lifetime'): Report
  /** What was learned of the drafters, for the option `experience` of a later controller. */
  experience(): Experience
}

/** State of one generation. */
interface Generation {
  readonly model: Model
  /** Length of the context. */
  position: number
  round: number
  plan: Plan | undefined
  /** When the round's draft was asked for, and handed over. */
  asked: number
  drafted: number
}

/**
 * Chooses each round which drafters draft, and how much. Works with every verifier; with those that take chains only, say
 * `trees: false`.
 * @throws BAD_OPTION
 * @example
 * const drafter = controller({ drafters: [promptLookup(), draftModel({ model: small })], costs: await measureCosts(model) })
 * for await (const run of decode({ model, prompt, drafter, verifier: speculativeSampling() })) …
 */
export function controller(options: ControllerOptions): Controller {
  const settings = checkControllerOptions(options)
  const { clock, names } = settings
  let desk = openDesk(settings)
  const tallies: Record<'generation' | 'lifetime', Tally> = { generation: tally(), lifetime: tally() }
  let generation: Generation | undefined
  let isDisposed = false
  /** Rounds to come that nobody thinks about, and whether this is one of them. */
  let nap = 0
  let isNapping = false

  /** Rounds of the nap, which nobody was told of but who reads the target's passes. */
  const missed: Committed[] = []

  function wake(): void {
    for (const committed of missed) {
      closeNap(desk, tallies, committed)
      generation!.position += committed.tokens.length
      generation!.round++
    }
    missed.length = 0
  }

  async function dispose(): Promise<void> {
    if (isDisposed) return
    isDisposed = true
    nap = 0
    isNapping = false
    wake()
    for (const each of desk.members) await disposeMember(each)
  }

  return {
    manifest: {
      specVersion: SPEC_VERSION,
      kind: 'drafter',
      name: `controller(${names.join(', ')})`,
      requires: readingOf(settings.drafters),
    },
    begin(prompt, model) {
      use(isDisposed)
      wake()
      if (!settings.remember) desk = openDesk(settings, desk.members)
      desk.ledger.begin()
      nap = 0
      isNapping = false
      tallies.generation.clear()
      generation = { model, position: prompt.length, round: 0, plan: undefined, asked: 0, drafted: 0 }
      return settled(beginMembers(desk, prompt, model))
    },
    draft(room, draws, goesOn) {
      // Between steps the processor's caches are cold, and whatever is touched here takes time: a nap touches nothing.
      isNapping = nap > 0
      if (isNapping) {
        nap--
        return NO_DRAFT
      }
      use(isDisposed)
      const now = begun(generation)
      now.asked = clock()
      wake()
      const { model, position, round } = now
      desk.costs.at(position)
      const input = { model, room, draws, goesOn, pending: position - model.length, round }
      return settled(plannedRound(desk, now, input))
    },
    commit(committed) {
      if (isNapping) {
        isNapping = false
        missed.push(withoutLogits(committed))
        for (const each of desk.readers) tellMember(each, committed, false)
        return
      }
      use(isDisposed)
      const now = begun(generation)
      const { plan } = now
      wake()
      const came = plan && clock()
      const observed = plan && close(desk, now, plan, committed, came!, tallies)
      for (const each of desk.members) tellMember(each, committed, plan?.asked.includes(each) !== true)
      if (plan !== undefined) {
        desk.closing = stepsOf(desk, clock() - came!)
        settings.explain?.(recordOf(desk, now, plan, committed, observed!))
      }
      now.position += committed.tokens.length
      now.round++
      now.plan = undefined
      // Who explains each round sleeps in none.
      nap = settings.explain === undefined ? desk.sleep : 0
      desk.sleep = 0
    },
    report(scope = 'generation') {
      wake()
      return {
        ...tallies[scope].summary(),
        curve: desk.costs.corrected(),
        isMeasured: settings.costs !== undefined,
        benched: benchedOf(desk.members),
      }
    },
    experience() {
      wake()
      return experienceOf(desk)
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function* beginMembers({ members, settings }: Desk, prompt: Int32Array, model: Model): Waiting<void> {
  const limits = { limit: UNKNOWN_LIMIT + prompt.length, alarm: settings.alarm }
  for (const each of members) yield* beginMember(each, prompt, model, limits)
}

function* plannedRound(desk: Desk, now: Generation, input: RoundInput): Waiting<Draft> {
  now.plan = yield* planRound(desk, input)
  now.drafted = desk.settings.clock()
  now.plan.thinking = thinkingOf(desk, now.plan, now.drafted - now.asked)
  return now.plan.draft
}

/** Thinking is booked as at most this many plain steps: what takes longer is a pause of the machine. */
const MOST_THINKING = 0.05

/** Steps of the drafting that no drafter was asked in. */
function thinkingOf(desk: Desk, { asked }: Plan, milliseconds: number): number {
  return stepsOf(
    desk,
    asked.reduce((sum, each) => sum - each.milliseconds, milliseconds),
  )
}

function stepsOf({ costs }: Desk, milliseconds: number): number {
  const unit = costs.unit()
  return unit > 0 ? Math.min(MOST_THINKING, Math.max(0, milliseconds / unit)) : 0
}

/** A drafter that lacks something is left out; but who is to read the rows' logits must be seen to require them. */
function readingOf(drafters: readonly Drafter[]): readonly Capability[] {
  const reading = 'logits:all-positions'
  return drafters.some(({ manifest }) => manifest.requires.includes(reading)) ? [reading] : []
}

function openDesk(settings: Settings, before?: readonly Member[]): Desk {
  const { drafters, names, costs, experience, epsilon, allowance } = settings
  const members = drafters.map((drafter, i) => ({
    ...member(drafter, names[i]!, epsilon),
    late: before?.[i]?.late,
    untold: before?.[i]?.untold ?? [],
  }))
  const desk: Desk = {
    settings,
    members,
    readers: members.filter(({ isReading }) => isReading),
    costs: stepCosts(costs),
    ledger: ledger(epsilon, allowance),
    merge: merge(),
    clockRound: 0,
    sincePlain: 0,
    measureEvery: MEASURE_FIRST,
    sleep: 0,
    thinking: 0,
    closing: 0,
  }
  if (experience !== undefined) resumeDesk(desk, experience)
  return desk
}

/** Learns from the round, whose tokens came at `now`. */
function close(
  desk: Desk,
  generation: Generation,
  plan: Plan,
  committed: Committed,
  now: number,
  tallies: Record<string, Tally>,
): Observed {
  const { asked, drafted } = generation
  const isMine = committed.draft === plan.draft || committed.draft.tokens.length + plan.draft.tokens.length === 0
  const observed = observe(desk, committed, now - asked)
  const isTimed = isMine && committed.base === 0
  learnRound(desk, plan, committed, isTimed ? now - drafted : undefined)
  const names = plan.used.map(({ name }) => name)
  const isExploration = plan.probe !== undefined
  if (isTimed) {
    for (const each of Object.values(tallies))
      each.add(names, plan.draft.tokens.length, plan.expected, observed, isExploration)
  }
  return observed
}

const PLAIN = { tokens: 1, steps: 1 }

/** A round that was not thought about: a plain step. */
function closeNap(desk: Desk, tallies: Record<string, Tally>, committed: Committed): void {
  learnSleep(desk)
  for (const each of Object.values(tallies)) each.add([], 0, PLAIN, PLAIN, false)
  for (const each of desk.members) if (!each.isReading) tellMember(each, committed, true)
}

function use(isDisposed: boolean): void {
  if (!isDisposed) return
  throw new ForetokenError('DISPOSED', 'The controller was used after dispose; an open one was expected.', {
    fix: 'Make a new one with controller().',
  })
}

function begun(generation: Generation | undefined): Generation {
  if (generation !== undefined) return generation
  throw new ForetokenError('BAD_OPTION', 'The controller was used before begin; a generation was expected.', {
    fix: 'Call begin with the prompt and the model first.',
  })
}
