/**
 * The trigram table that stands in for the language model: weights M[(a, b)][c] of the tokens c seen after the pair (a, b), the 12 heaviest
 * of each pair, heaviest first, lower ids first on ties. Its size is fixed: pairs lie in sets of 8 chosen by a hash, and a new pair in a full set
 * takes the place of the one that was written longest ago.
 */
import { checkInteger, checkKeys } from '@foretoken/core'
import { loadEntries, saveEntries } from './saved-trigrams.ts'

/** Successors kept for each pair ("prune" in the paper's code). */
export const SUCCESSORS = 12
/** Pairs of one set. */
export const WAYS = 8
/** No weight grows above this by adapting. */
const CAP = 3

export interface TrigramTableOptions {
  /** Most pairs, rounded up to a power of two, 8 to 2^20. Default 2^14, which takes 1.8 MB. */
  readonly pairs?: number
}

/** Successors of token pairs. Not tied to a generation: drafters that share one go on adapting it. */
export interface TrigramTable {
  /** Most pairs held. */
  readonly capacity: number
  /** Place of the pair (a, b), or −1. Valid until the table changes. */
  find(a: number, b: number): number
  /** Successors at a place, 1 to 12. */
  count(place: number): number
  /** The successor at `rank`, heaviest first. */
  token(place: number, rank: number): number
  /** Its weight, above 0. Weights of a pair need not sum to 1. */
  weight(place: number, rank: number): number
  /** Sum of the weights at a place. */
  total(place: number): number
  /** M[(a, b)][c] = min(3, M[(a, b)][c] + amount); a 13th successor takes the place of the lightest. */
  add(a: number, b: number, c: number, amount: number): void
  /** Adds `amount` for every three tokens in a row. */
  addText(tokens: Int32Array, amount: number): void
  /** Forgets everything. */
  clear(): void
  /** The pairs with a checksum, the one written longest ago first. */
  save(): Uint8Array
}

/** Successors of one pair, heaviest first. */
export interface TrigramEntry {
  readonly a: number
  readonly b: number
  readonly tokens: readonly number[]
  readonly weights: readonly number[]
}

/**
 * An empty table.
 * @throws BAD_OPTION
 * @example
 * const table = trigramTable()
 * const drafter = aded({ table }) // each generation finds what the ones before left
 */
export function trigramTable(options: TrigramTableOptions = {}): TrigramTable {
  checkKeys('trigramTable', options, ['pairs'])
  const { pairs = 2 ** 14 } = options
  checkInteger('trigramTable', 'pairs', pairs, WAYS, 2 ** 20)
  return tableOf(2 ** Math.ceil(Math.log2(pairs)), [])
}

/**
 * The table that `save` wrote.
 * @param bytes Any view of the saved bytes; not kept.
 * @throws BAD_CHECKSUM when they were cut or changed, BAD_OPTION when they are no saved table.
 */
export function loadTrigramTable(bytes: Uint8Array): TrigramTable {
  const { capacity, entries } = loadEntries(bytes)
  return tableOf(capacity, entries)
}

/**
 * A table of the conditional frequencies of a corpus in the target's tokens: P(c | a, b), the 12 most frequent of each pair. Counts exactly, so it
 * needs memory for the distinct trigrams of the corpus while it runs; the table keeps the `pairs` most frequent pairs.
 * @throws BAD_OPTION
 */
export function trigramsOf(corpus: Iterable<Int32Array>, options: TrigramTableOptions = {}): TrigramTable {
  const table = trigramTable(options)
  const pairs = new Map<number, { a: number; b: number; total: number; counts: Map<number, number> }>()
  for (const tokens of corpus) {
    for (let i = 2; i < tokens.length; i++) {
      const [a, b, c] = [tokens[i - 2]!, tokens[i - 1]!, tokens[i]!]
      const pair = pairs.get(a * 2 ** 21 + b) ?? { a, b, total: 0, counts: new Map<number, number>() }
      if (pair.total++ === 0) pairs.set(a * 2 ** 21 + b, pair)
      pair.counts.set(c, (pair.counts.get(c) ?? 0) + 1)
    }
  }
  const frequent = [...pairs.values()].sort((one, other) => other.total - one.total).slice(0, table.capacity)
  // Rare pairs first: a full set then drops those.
  for (const { a, b, total, counts } of frequent.reverse()) {
    const best = [...counts].sort(([c, n], [d, m]) => m - n || c - d).slice(0, SUCCESSORS)
    for (const [c, n] of best) table.add(a, b, c, n / total)
  }
  return table
}

/** Set of a pair among `sets`, a power of two. */
export function setOf(a: number, b: number, sets: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & (sets - 1)
}

/** @param entries What it begins with, the pair written longest ago first. */
function tableOf(capacity: number, entries: Iterable<TrigramEntry>): TrigramTable {
  const sets = capacity / WAYS
  /** [capacity] each; a place without successors is free. */
  const firsts = new Int32Array(capacity)
  const seconds = new Int32Array(capacity)
  const counts = new Uint8Array(capacity)
  /** When the place was last written. */
  const written = new Float64Array(capacity)
  /** [capacity, SUCCESSORS] each. */
  const tokens = new Int32Array(capacity * SUCCESSORS)
  const weights = new Float32Array(capacity * SUCCESSORS)
  let clock = 0

  function find(a: number, b: number): number {
    const from = setOf(a, b, sets) * WAYS
    for (let place = from; place < from + WAYS; place++) {
      if (firsts[place] === a && seconds[place] === b && counts[place]! > 0) return place
    }
    return -1
  }

  /** A place for a pair that has none: the one of its set written longest ago, emptied. */
  function claim(a: number, b: number): number {
    const from = setOf(a, b, sets) * WAYS
    let oldest = from
    for (let place = from; place < from + WAYS; place++) if (written[place]! < written[oldest]!) oldest = place
    firsts[oldest] = a
    seconds[oldest] = b
    counts[oldest] = 0
    return oldest
  }

  /** Writes one successor; `most` bounds its weight. */
  function put(a: number, b: number, c: number, amount: number, most: number): void {
    const known = find(a, b)
    const place = known < 0 ? claim(a, b) : known
    written[place] = ++clock
    const from = place * SUCCESSORS
    let at = from
    while (at < from + counts[place]! && tokens[at] !== c) at++
    const isNew = at === from + counts[place]!
    if (isNew && counts[place] === SUCCESSORS) at--
    else if (isNew) counts[place]!++
    const weight = Math.fround(Math.min(most, (isNew ? 0 : weights[at]!) + amount))
    for (; at > from && isBefore(weight, c, weights[at - 1]!, tokens[at - 1]!); at--) {
      weights[at] = weights[at - 1]!
      tokens[at] = tokens[at - 1]!
    }
    weights[at] = weight
    tokens[at] = c
  }

  const table: TrigramTable = {
    capacity,
    find,
    count: (place) => counts[place]!,
    token: (place, rank) => tokens[place * SUCCESSORS + rank]!,
    weight: (place, rank) => weights[place * SUCCESSORS + rank]!,
    total(place) {
      let sum = 0
      for (let at = place * SUCCESSORS; at < place * SUCCESSORS + counts[place]!; at++) sum += weights[at]!
      return sum
    },
    add(a, b, c, amount) {
      put(a, b, c, amount, CAP)
    },
    addText(text, amount) {
      for (let i = 2; i < text.length; i++) put(text[i - 2]!, text[i - 1]!, text[i]!, amount, CAP)
    },
    clear() {
      counts.fill(0)
      written.fill(0)
      clock = 0
    },
    save() {
      const held = Array.from(counts, (_, place) => place).filter((place) => counts[place]! > 0)
      held.sort((one, other) => written[one]! - written[other]!)
      return saveEntries(capacity, held.map(entryAt))
    },
  }

  function entryAt(place: number): TrigramEntry {
    const [from, to] = [place * SUCCESSORS, place * SUCCESSORS + counts[place]!]
    const [a, b] = [firsts[place]!, seconds[place]!]
    return { a, b, tokens: [...tokens.subarray(from, to)], weights: [...weights.subarray(from, to)] }
  }

  for (const { a, b, ...entry } of entries) {
    for (const [i, c] of entry.tokens.entries()) put(a, b, c, entry.weights[i]!, CAP)
  }
  return table
}

/** Order of the successors of a pair. */
function isBefore(weight: number, token: number, otherWeight: number, otherToken: number): boolean {
  return weight > otherWeight || (weight === otherWeight && token < otherToken)
}
