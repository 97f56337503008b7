/**
 * Texts that several drafters share: the global tree of SuffixDecoding. It has a hard bound; the oldest sequence leaves first
 * and as a whole, two tokens for each token that comes, so that no round pays for a long one at once.
 */
import { badOption, checkInteger, checkKeys, ForetokenError } from '@foretoken/core'
import {
  appendToken,
  closeSequence,
  forgetSuffix,
  openSequence,
  type Sequence,
  type SuffixTree,
  suffixTree,
  treeBytes,
} from '@foretoken/drafting'
import { readPool, writePool } from './saved-pool.ts'

export interface SuffixPoolOptions {
  /** Most tokens held, at least 4. Each takes up to 140 bytes. Default 65,536. */
  readonly maximumTokens?: number
  /** Longest string whose occurrences are counted, pattern and draft together; 2 to 64. Default 24. */
  readonly depth?: number
}

/** Outputs of finished and running generations, from which drafters learn. */
export interface SuffixPool {
  readonly maximumTokens: number
  readonly depth: number
  /** Tokens held, never above `maximumTokens`. */
  readonly tokens: number
  readonly sequences: number
  /** Memory of texts and tree. */
  readonly bytes: number
  /**
   * Adds a text as if it had been an output; one longer than a quarter of the pool is held as several.
   * @throws BAD_OPTION for a token that no model has.
   */
  add(text: Int32Array): void
  /** All texts, for `loadSuffixPool`. The pool stays as it is. */
  save(): Uint8Array
}

/** What a drafter uses of a pool. */
export interface PoolState {
  readonly tree: SuffixTree
  readonly maximumTokens: number
  /** Oldest first. */
  readonly order: Set<Sequence>
  tokens: number
  /** The sequence that is leaving. */
  leaving: Sequence | undefined
  /** 0 until a drafter begins. */
  vocabularySize: number
}

const states = new WeakMap<SuffixPool, PoolState>()

/**
 * An empty pool.
 * @throws BAD_OPTION
 * @example
 * const pool = suffixPool({ maximumTokens: 20_000 })
 * const drafters = [suffix({ pool }), suffix({ pool })]
 */
export function suffixPool(options: SuffixPoolOptions = {}): SuffixPool {
  checkKeys('suffixPool', options, ['maximumTokens', 'depth'])
  const { maximumTokens = 65_536, depth = 24 } = options
  checkInteger('suffixPool', 'maximumTokens', maximumTokens, 4, 2 ** 28)
  checkInteger('suffixPool', 'depth', depth, 2, 64)
  const tree = suffixTree(depth, maximumTokens)
  const order = new Set<Sequence>()
  const state: PoolState = { tree, maximumTokens, order, tokens: 0, leaving: undefined, vocabularySize: 0 }
  const pool: SuffixPool = {
    maximumTokens,
    depth,
    get tokens() {
      return state.tokens
    },
    get sequences() {
      return order.size
    },
    get bytes() {
      return [...order].reduce((sum, { text }) => sum + text.byteLength, treeBytes(tree))
    },
    add(text) {
      const most = state.vocabularySize === 0 ? 2 ** 31 : state.vocabularySize
      const stranger = text.find((token) => token < 0 || token >= most)
      if (stranger !== undefined)
        throw badOption('add', 'text', `holds token ${stranger}`, `tokens from 0 to ${most - 1}`)
      let sequence: Sequence | undefined
      for (const token of text) sequence = appendToPool(state, sequence, token)
      if (sequence !== undefined) closeSequence(sequence)
    },
    save: () =>
      writePool({
        vocabularySize: state.vocabularySize,
        texts: Array.from(order, ({ text, start, length }) => text.subarray(start, length)),
      }),
  }
  states.set(pool, state)
  return pool
}

/**
 * The pool that was saved; when it had more tokens than `maximumTokens`, the newest of them.
 * @throws BAD_CHECKSUM when they were cut or changed, BAD_OPTION when they are no saved pool.
 */
export function loadSuffixPool(bytes: Uint8Array, options: SuffixPoolOptions = {}): SuffixPool {
  const pool = suffixPool(options)
  const { vocabularySize, texts } = readPool(bytes)
  stateOf(pool).vocabularySize = vocabularySize
  for (const text of texts) pool.add(text)
  return pool
}

/** @throws BAD_OPTION unless `suffixPool` or `loadSuffixPool` made it. */
export function stateOf(pool: SuffixPool): PoolState {
  const state = states.get(pool)
  if (state === undefined)
    throw badOption('suffix', 'pool', 'is no pool', 'one made by suffixPool() or loadSuffixPool()')
  return state
}

/** @throws VOCABULARY_MISMATCH when the pool holds tokens of another vocabulary. */
export function checkVocabulary(state: PoolState, vocabularySize: number): void {
  if (state.vocabularySize === 0) {
    const largest = [...state.order].reduce((most, { text }) => text.reduce((a, b) => Math.max(a, b), most), -1)
    state.vocabularySize = largest < vocabularySize ? vocabularySize : largest + 1
  }
  if (state.vocabularySize === vocabularySize) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The suffix pool holds tokens of a vocabulary of ${state.vocabularySize}; the model has ${vocabularySize}.`,
    { fix: 'Keep one pool for each tokenizer.', details: { pool: state.vocabularySize, model: vocabularySize } },
  )
}

/** Appends a token and returns the sequence that took it: another one when `sequence` is closed, full or absent. */
export function appendToPool(state: PoolState, sequence: Sequence | undefined, token: number): Sequence {
  const { tree, maximumTokens, order } = state
  // First, since the oldest sequence may be the one that is being written.
  for (let i = 0; i < 2 && (state.leaving !== undefined || state.tokens >= maximumTokens); i++) forgetOldest(state)
  let taker = sequence
  if (taker !== undefined && taker.length >= maximumTokens >> 2) closeSequence(taker)
  if (taker?.loci === undefined) {
    taker = openSequence(tree)
    order.add(taker)
  }
  appendToken(tree, taker, token)
  state.tokens++
  return taker
}

function forgetOldest(state: PoolState): void {
  const [oldest] = state.order
  state.leaving ??= oldest!
  closeSequence(state.leaving)
  forgetSuffix(state.tree, state.leaving)
  state.tokens--
  if (state.leaving.start < state.leaving.length) return
  state.order.delete(state.leaving)
  state.leaving = undefined
}
