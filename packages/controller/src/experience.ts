/**
 * What one process learned of its drafters and the next one starts with: the prior "from earlier requests of the same checkpoint
 * and drafter". A short answer is over before a drafter that costs time could prove itself twice.
 */
import { badOption } from '@foretoken/core'
import { type AcceptanceCounts, COUNTED } from './acceptance.ts'
import type { AskPrice } from './ask-costs.ts'
import type { Desk } from './round.ts'

/** Plain data: JSON keeps it. It holds no text. */
export interface Experience {
  readonly version: 1
  /** Plain steps that drafting has won so far; negative when it lost. Default 0. */
  readonly won?: number
  /** By name, of those that were asked. */
  readonly drafters: Readonly<Record<string, DrafterExperience>>
}

export interface DrafterExperience {
  readonly acceptance: AcceptanceCounts
  /** Of an ask, in plain steps. */
  readonly price: AskPrice
  /** Whether its drafts are drawn from a law, and whether it asks after each level if it should go on. */
  readonly isDrawn: boolean
  readonly isAsking: boolean
}

/** Of the drafters whose price is known in plain steps. */
export function experienceOf({ members, costs, ledger }: Desk): Experience {
  const unit = costs.unit()
  const asked = members.filter((each) => unit > 0 && each.costs.asks > 0)
  const drafters = asked.map(({ name, acceptance, costs: asks, isDrawn, isAsking }) => [
    name,
    { acceptance: acceptance.counts(), price: scaled(asks.price(), 1 / unit), isDrawn, isAsking },
  ])
  return { version: 1, won: ledger.won, drafters: Object.fromEntries(drafters) }
}

/** The ledger, and members that the experience knows, start with it. Without measured costs a price in plain steps says nothing, and is left out. */
export function resumeDesk({ members, costs, ledger }: Desk, { drafters, won = 0 }: Experience): void {
  ledger.resume(won)
  const unit = costs.unit()
  for (const each of members) {
    const known = Object.hasOwn(drafters, each.name) ? drafters[each.name] : undefined
    if (known === undefined) continue
    each.acceptance.resume(known.acceptance)
    each.isDrawn = known.isDrawn
    each.isAsking = known.isAsking
    if (unit > 0) each.costs.resume(scaled(known.price, unit))
  }
}

function scaled({ base, level, reading, isByLevel }: AskPrice, by: number): AskPrice {
  return { base: base * by, level: level * by, reading: reading * by, isByLevel }
}

/**
 * Reads stored experience, such as `JSON.parse` returns it.
 * @throws BAD_OPTION naming what is wrong with it.
 */
export function parseExperience(value: unknown): Experience {
  const experience = value as Experience
  if (!isObject(value) || experience.version !== 1) throw bad('is none of version 1')
  if (!isObject(experience.drafters)) throw bad('names no drafters')
  if (experience.won !== undefined && !Number.isFinite(experience.won)) throw bad('has won what is no number')
  for (const [name, known] of Object.entries(experience.drafters)) {
    if (!isObject(known) || !areCounts(known.acceptance)) throw bad(`has counts of ${name} that cannot be`)
    if (!isPrice(known.price)) throw bad(`has a price of ${name} that cannot be`)
    if (typeof known.isDrawn !== 'boolean' || typeof known.isAsking !== 'boolean') throw bad(`lacks facts of ${name}`)
  }
  return experience
}

function areCounts(counts: AcceptanceCounts): boolean {
  if (!isObject(counts)) return false
  const { cells, bins } = COUNTED
  return arePairs(counts.hits, counts.trials, cells) && arePairs(counts.binHits, counts.binTrials, bins)
}

function arePairs(hits: unknown, trials: unknown, length: number): boolean {
  if (!Array.isArray(hits) || !Array.isArray(trials) || hits.length !== length || trials.length !== length) return false
  return hits.every((hit, i) => isAmount(hit) && isAmount(trials[i]) && hit <= trials[i])
}

function isPrice(price: AskPrice): boolean {
  if (!isObject(price) || typeof price.isByLevel !== 'boolean') return false
  return [price.base, price.level, price.reading].every(isAmount)
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < Infinity
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const bad = (what: string) => badOption('controller', 'experience', what, 'what experience() of a controller returned')
