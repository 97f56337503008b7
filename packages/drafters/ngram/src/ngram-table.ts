/**
 * What a model mostly says behind its last one or two tokens, counted in texts that it wrote: made once, shipped with the model,
 * read by all. Of each context it holds the likeliest successors with their probabilities, already blended with those of the shorter
 * context, so that reading is one look-up.
 */
import { badOption, checkInteger, checkKeys } from '@foretoken/core'
import { type Law, put } from './law.ts'
import { readNgrams, type SavedNgrams, writeNgrams } from './saved-ngrams.ts'

export interface NgramTable {
  readonly vocabularySize: number
  /** Contexts held, of one and of two tokens. */
  readonly contexts: number
  /** Replaces `into` by the law behind `before`, `last`; −1 for no token before. Empty when neither context is known. */
  read(before: number, last: number, into: Law): void
  /** For `loadNgramTable`: some twelve bytes a context. */
  save(): Uint8Array
}

export interface NgramTableOptions {
  /** Tokens of the model. */
  readonly vocabularySize: number
  /** Most successors of a context, 1 to 16. Default 4. */
  readonly successors?: number
  /** Contexts that occur less often are left out, at least 1. Default 2. */
  readonly leastOccurrences?: number
}

/** A text that the model wrote. */
export interface NgramText {
  readonly tokens: Int32Array
  /** Where the model's own words begin: those before are context only. Default 0. */
  readonly start?: number
}

/** nu of one token and of two: what the shorter context is worth, in occurrences. */
const TRUST_ONE = 12
const TRUST_TWO = 5
/** Least probability that is kept: a byte holds it in 255ths. */
const LEAST = 4 / 255
/** Stands for "no token" as the first of a context. */
export const NONE: number = -1

/**
 * Counts a corpus.
 * @throws BAD_OPTION, also for a token that the model does not have.
 * @example
 * const table = ngramTable(answers, { vocabularySize: 49_152 })
 * await writeFile('model.ngrams', table.save())
 */
export function ngramTable(corpus: Iterable<NgramText>, options: NgramTableOptions): NgramTable {
  checkKeys('ngramTable', options, ['vocabularySize', 'successors', 'leastOccurrences'])
  const { vocabularySize, successors = 4, leastOccurrences = 2 } = options
  checkInteger('ngramTable', 'vocabularySize', vocabularySize, 1, 2 ** 24)
  checkInteger('ngramTable', 'successors', successors, 1, 16)
  checkInteger('ngramTable', 'leastOccurrences', leastOccurrences, 1)
  const counted = count(corpus, vocabularySize)
  const saved: SavedNgrams = { vocabularySize, before: [], last: [], lengths: [], tokens: [], shares: [] }
  const ones = new Map<number, Map<number, number>>()
  // Contexts of one token come first in the counts' order of keys, so that those of two find them.
  for (const [key, followers] of counted) {
    const before = Math.floor(key / vocabularySize) - 1
    const last = key % vocabularySize
    const total = [...followers.values()].reduce((sum, n) => sum + n, 0)
    const law = lawOf(followers, total, before < 0 ? TRUST_ONE : TRUST_TWO, before < 0 ? undefined : ones.get(last))
    if (before < 0) ones.set(last, law)
    const kept = [...law].filter(([, p]) => p >= LEAST).sort(([a, p], [b, q]) => q - p || a - b)
    if (total < leastOccurrences || kept.length === 0) continue
    kept.splice(successors)
    saved.before.push(before)
    saved.last.push(last)
    saved.lengths.push(kept.length)
    saved.tokens.push(...kept.map(([token]) => token))
    saved.shares.push(...kept.map(([, p]) => Math.round(255 * p)))
  }
  return tableOf(saved)
}

/**
 * The table that `save` wrote.
 * @param bytes Any view of the saved bytes; not kept.
 * @throws BAD_CHECKSUM when they were cut or changed, BAD_OPTION when they are no saved table.
 */
export function loadNgramTable(bytes: Uint8Array): NgramTable {
  return tableOf(readNgrams(bytes))
}

/** Followers of each context, by (before + 1) · size + last; contexts of one token first. */
function count(corpus: Iterable<NgramText>, size: number): Iterable<[number, Map<number, number>]> {
  const ones = new Map<number, Map<number, number>>()
  const twos = new Map<number, Map<number, number>>()
  const add = (to: Map<number, Map<number, number>>, key: number, token: number): void => {
    const followers = to.get(key) ?? new Map<number, number>()
    if (followers.size === 0) to.set(key, followers)
    followers.set(token, (followers.get(token) ?? 0) + 1)
  }
  for (const { tokens, start = 0 } of corpus) {
    const stranger = tokens.find((token) => token < 0 || token >= size)
    if (stranger !== undefined)
      throw badOption('ngramTable', 'corpus', `holds token ${stranger}`, `tokens below ${size}`)
    for (let i = Math.max(1, start); i < tokens.length; i++) {
      add(ones, tokens[i - 1]!, tokens[i]!)
      if (i > 1) add(twos, (tokens[i - 2]! + 1) * size + tokens[i - 1]!, tokens[i]!)
    }
  }
  return [...ones, ...twos]
}

/** (c(w) + nu · P(w)) / (n + nu) over the followers and the shorter context's. */
function lawOf(
  followers: Map<number, number>,
  total: number,
  trust: number,
  shorter?: Map<number, number>,
): Map<number, number> {
  const law = new Map<number, number>()
  for (const [token, p] of shorter ?? []) law.set(token, (trust * p) / (total + trust))
  for (const [token, n] of followers) law.set(token, (law.get(token) ?? 0) + n / (total + trust))
  return law
}

function tableOf(saved: SavedNgrams): NgramTable {
  const { before, last, lengths, vocabularySize } = saved
  const tokens = Int32Array.from(saved.tokens)
  const shares = Uint8Array.from(saved.shares)
  const contexts = before.length
  /** First successor of each context, [contexts + 1]. */
  const from = new Int32Array(contexts + 1)
  /** Open addressing: contexts + 1 by the hash of their tokens, 0 where empty. */
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * contexts + 2)))
  const mask = slots.length - 1
  const keys = new Int32Array(2 * contexts)

  function find(a: number, b: number): number {
    for (let at = hash(a, b) & mask; ; at = (at + 1) & mask) {
      const context = slots[at]! - 1
      if (context < 0 || (keys[2 * context] === a && keys[2 * context + 1] === b)) return context
    }
  }

  for (let context = 0; context < contexts; context++) {
    const [a, b] = [before[context]!, last[context]!]
    keys[2 * context] = a
    keys[2 * context + 1] = b
    from[context + 1] = from[context]! + lengths[context]!
    let at = hash(a, b) & mask
    while (slots[at] !== 0) at = (at + 1) & mask
    slots[at] = context + 1
  }
  return {
    vocabularySize,
    contexts,
    read(a, b, into) {
      into.length = 0
      let context = a === NONE ? -1 : find(a, b)
      if (context < 0) context = find(NONE, b)
      if (context < 0) return
      for (let i = from[context]!; i < from[context + 1]!; i++) put(into, tokens[i]!, shares[i]! / 255)
    },
    save: () => writeNgrams(saved),
  }
}

function hash(a: number, b: number): number {
  let mixed = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
