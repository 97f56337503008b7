/**
 * What a model mostly says behind its last tokens, counted in texts that it wrote: made once, shipped with the model, read by
 * all. Contexts are a tree: a child has one more token before its parent's. Each holds the likeliest successors with their
 * probabilities, already blended with those of the shorter context, so that reading is one walk.
 */
import { badOption, checkInteger, checkKeys, checkNumber } from '@foretoken/core'
import { countContexts } from './count-contexts.ts'
import { type Law, put } from './law.ts'
import { readNgrams, type SavedNgrams, writeNgrams } from './saved-ngrams.ts'

export interface NgramTable {
  readonly vocabularySize: number
  /** Contexts held, of one token and more. */
  readonly contexts: number
  /** Tokens of the longest context. */
  readonly order: number
  /**
   * Replaces `into` by the law behind the longest context that is known; empty when there is none.
   * @param recent The tokens before, the last one first, [at least length].
   */
  read(recent: Int32Array, length: number, into: Law): void
  /** For `loadNgramTable`: some ten bytes a context. */
  save(): Uint8Array
}

export interface NgramTableOptions {
  /** Tokens of the model. */
  readonly vocabularySize: number
  /** Tokens of the longest context, 1 to 8. Default 3. */
  readonly order?: number
  /** Most successors of a context, 1 to 16. Default 4. */
  readonly successors?: number
  /** Contexts that occur less often are left out, at least 1. Default 2. */
  readonly leastOccurrences?: number
  /**
   * A context is left out when it tells no probability otherwise than the shorter one by more than this, in [0, 1]. Default 0.1.
   */
  readonly tolerance?: number
}

/** A text that the model wrote. */
export interface NgramText {
  readonly tokens: Int32Array
  /** Where the model's own words begin: those before are context only. Default 0. */
  readonly start?: number
  /** What the model found likeliest at the place of each token, [tokens]: counted instead of the token. Default: the tokens. */
  readonly likeliest?: Int32Array
}

/** Most tokens of a context. */
export const MOST_ORDER = 8

const KEYS = ['vocabularySize', 'order', 'successors', 'leastOccurrences', 'tolerance'] as const

/**
 * Counts a corpus.
 * @throws BAD_OPTION, also for a token that the model does not have.
 * @example
 * const table = ngramTable(answers, { vocabularySize: 49_152 })
 * await writeFile('model.ngrams', table.save())
 */
export function ngramTable(corpus: Iterable<NgramText>, options: NgramTableOptions): NgramTable {
  checkKeys('ngramTable', options, KEYS)
  const { vocabularySize, order = 3, successors = 4, leastOccurrences = 2, tolerance = 0.1 } = options
  checkInteger('ngramTable', 'vocabularySize', vocabularySize, 1, 2 ** 24)
  checkInteger('ngramTable', 'order', order, 1, MOST_ORDER)
  checkInteger('ngramTable', 'successors', successors, 1, 16)
  checkInteger('ngramTable', 'leastOccurrences', leastOccurrences, 1)
  checkNumber('ngramTable', 'tolerance', tolerance, 0, 1)
  const texts = [...corpus]
  for (const text of texts) checkText(text, vocabularySize)
  return tableOf(countContexts(texts, { vocabularySize, order, successors, leastOccurrences, tolerance }))
}

function checkText({ tokens, likeliest = tokens }: NgramText, size: number): void {
  const stranger = [tokens, likeliest].flatMap((list) => list.find((token) => token < 0 || token >= size) ?? [])[0]
  if (stranger !== undefined) throw badOption('ngramTable', 'corpus', `holds token ${stranger}`, `tokens below ${size}`)
  if (likeliest.length === tokens.length) return
  const found = `holds a text of ${tokens.length} tokens with ${likeliest.length} likeliest ones`
  throw badOption('ngramTable', 'corpus', found, 'one for each token')
}

/**
 * The table that `save` wrote.
 * @param bytes Any view of the saved bytes; not kept.
 * @throws BAD_CHECKSUM when they were cut or changed, BAD_OPTION when they are no saved table.
 */
export function loadNgramTable(bytes: Uint8Array): NgramTable {
  return tableOf(readNgrams(bytes))
}

function tableOf(saved: SavedNgrams): NgramTable {
  const { vocabularySize, order, words, lengths, tokens, shares } = saved
  const contexts = words.length
  /** First successor of each context, [contexts + 1]. */
  const from = offsets(lengths, contexts)
  /** First child of each context by its number plus 1, [contexts + 2]: those of the root, which is no context, come first. */
  const children = offsets(saved.children, contexts + 1)

  /** The child of a context, −1 for the root, with a further token before it; −1 when there is none. */
  function childOf(context: number, token: number): number {
    let [low, high] = [children[context + 1]!, children[context + 2]!]
    while (low < high) {
      const middle = (low + high) >> 1
      if (words[middle]! < token) low = middle + 1
      else high = middle
    }
    return low < children[context + 2]! && words[low] === token ? low : -1
  }

  return {
    vocabularySize,
    contexts,
    order,
    read(recent, length, into) {
      into.length = 0
      let context = -1
      for (let m = 0; m < length && m < order; m++) {
        const longer = childOf(context, recent[m]!)
        if (longer < 0) break
        context = longer
      }
      if (context < 0) return
      for (let i = from[context]!; i < from[context + 1]!; i++) put(into, tokens[i]!, shares[i]! / 255)
    },
    save: () => writeNgrams(saved),
  }
}

/** Running sums from 0, [length + 1]; what `counts` lacks counts nothing. */
function offsets(counts: ArrayLike<number>, length: number): Int32Array {
  const sums = new Int32Array(length + 1)
  for (let i = 0; i < length; i++) sums[i + 1] = sums[i]! + (counts[i] ?? 0)
  return sums
}
