/**
 * Grows a draft, the most probable string first (best-first as in OPT-Tree, arXiv 2406.17276). The law behind each string blends the
 * table's for its last tokens with what followed its last 1, 2, … `ORDERS` tokens in this text.
 */
import {
  type Continuation,
  childAt,
  countContinuations,
  ROOT,
  type Sequence,
  type SuffixTree,
} from '@foretoken/drafting'
import { type Counts, counts, type Law, law, refine } from './law.ts'
import { MOST_ORDER, type NgramTable } from './ngram-table.ts'

/**
 * nu_m: what the contexts below the last m tokens are worth, in occurrences of those m. One to three tokens tell little and six or more nearly
 * all. Chosen on answers of SmolLM2-135M-Instruct kept aside and on replays of Spec-Bench; half and double cost below 2 % there.
 */
const TRUST = [0, 8, 8, 8, 4, 2, 1, 0.5, 0.25]
/** Longest context that is looked up in the text. */
export const ORDERS: number = TRUST.length - 1
/** Most continuations of a context that are looked at, those that came up last. */
const MOST_COUNTED = 24
const MOST_NAMED = 64

/** What a draft may be. */
export interface Limits {
  readonly levels: number
  readonly nodes: number
  /** Least probability of a string that is drafted. */
  readonly minimumProbability: number
  /** One token a level, the most probable one. */
  readonly isChain: boolean
}

/** A draft in buffers that are used again. */
export interface Grown {
  /** [at least length] */
  readonly tokens: Int32Array
  readonly parents: Int32Array
  /** Of each token given its parent. */
  readonly confidence: Float32Array
  length: number
}

/** Buffers of one drafter. Node k of the draft is string k + 1, and the text's end string 0. */
interface Workshop extends Grown {
  /** Where the last 1, 2, … `ORDERS` tokens of each string end in the tree, [strings, ORDERS + 1]; column 0 is the root. */
  readonly loci: Int32Array
  /** Of each string, [strings]. */
  readonly path: Float64Array
  readonly depth: Int32Array
  /** Strings that may be drafted: last token, string before it, probability given that string and of the whole, [frontier]. */
  readonly leaves: Leaf[]
  waiting: number
  readonly law: Law
  /** The table's context, its last token first. */
  readonly recent: Int32Array
  readonly counts: Counts
  /** Writes into `counts`. */
  readonly tell: Continuation
}

interface Leaf {
  token: number
  string: number
  confidence: number
  path: number
}

const WIDTH = ORDERS + 1

export function grower(nodes: number): Workshop {
  const strings = nodes + 1
  const seen = counts(MOST_COUNTED)
  return {
    tokens: new Int32Array(nodes),
    parents: new Int32Array(nodes),
    confidence: new Float32Array(nodes),
    length: 0,
    loci: new Int32Array(strings * WIDTH),
    path: new Float64Array(strings),
    depth: new Int32Array(strings),
    leaves: [],
    waiting: 0,
    law: law(MOST_NAMED),
    recent: new Int32Array(MOST_ORDER),
    counts: seen,
    tell(token, count) {
      seen.tokens[seen.length] = token
      seen.counts[seen.length++] = count
    },
  }
}

/** @param text An open sequence of `tree`, whose depth is `ORDERS` + 1. @returns The draft, valid until the next call. */
export function grow(
  shop: Workshop,
  tree: SuffixTree,
  text: Sequence,
  table: NgramTable | undefined,
  limits: Limits,
): Grown {
  shop.length = 0
  shop.waiting = 0
  shop.path[0] = 1
  shop.depth[0] = 0
  for (let m = 1; m <= ORDERS; m++) shop.loci[m] = m <= text.open ? text.loci![m - 1]! : ROOT
  extend(shop, tree, text, table, limits, 0)
  while (shop.length < limits.nodes && shop.waiting > 0) {
    const string = draftBest(shop, tree)
    if (limits.isChain) shop.waiting = 0
    if (shop.depth[string]! < limits.levels) extend(shop, tree, text, table, limits, string)
  }
  return shop
}

/** Moves the most probable leaf into the draft. @returns Its string. */
function draftBest(shop: Workshop, tree: SuffixTree): number {
  const { leaves, loci } = shop
  let best = 0
  for (let i = 1; i < shop.waiting; i++) if (leaves[i]!.path > leaves[best]!.path) best = i
  const { token, string: parent, confidence, path } = leaves[best]!
  const last = leaves[--shop.waiting]!
  leaves[shop.waiting] = leaves[best]!
  leaves[best] = last
  shop.tokens[shop.length] = token
  shop.parents[shop.length] = parent - 1
  shop.confidence[shop.length] = confidence
  const string = ++shop.length
  shop.path[string] = path
  shop.depth[string] = shop.depth[parent]! + 1
  for (let m = 1; m <= ORDERS; m++) {
    const before = loci[parent * WIDTH + m - 1]!
    loci[string * WIDTH + m] = before === ROOT && m > 1 ? ROOT : childAt(tree, before, m - 1, token)
  }
  return string
}

/** Adds the likely continuations of a string to the leaves. */
function extend(
  shop: Workshop,
  tree: SuffixTree,
  text: Sequence,
  table: NgramTable | undefined,
  { minimumProbability, isChain }: Limits,
  string: number,
): void {
  const { law } = shop
  lawBehind(shop, tree, text, table, string)
  let likeliest = 0
  for (let i = 1; i < law.length; i++) if (law.probabilities[i]! > law.probabilities[likeliest]!) likeliest = i
  for (let i = 0; i < law.length; i++) {
    const path = shop.path[string]! * law.probabilities[i]!
    if (path < minimumProbability || (isChain && i !== likeliest)) continue
    shop.leaves[shop.waiting] ??= { token: 0, string: 0, confidence: 0, path: 0 }
    const leaf = shop.leaves[shop.waiting++]!
    leaf.token = law.tokens[i]!
    leaf.string = string
    leaf.confidence = law.probabilities[i]!
    leaf.path = path
  }
}

function lawBehind(
  shop: Workshop,
  tree: SuffixTree,
  text: Sequence,
  table: NgramTable | undefined,
  string: number,
): void {
  const { law, counts, tell, loci } = shop
  law.length = 0
  if (table) table.read(shop.recent, recall(shop, text, string, Math.min(table.order, shop.recent.length)), law)
  for (let m = 1; m <= ORDERS; m++) {
    const node = loci[string * WIDTH + m]!
    if (node === ROOT) return
    counts.length = 0
    countContinuations(tree, node, m, MOST_COUNTED, tell)
    // What never went on does not go on behind more tokens either.
    if (counts.length === 0) return
    refine(law, counts, TRUST[m]!)
  }
}

/** Writes the last tokens of a string with the text before it to `recent`, the last one first. @returns How many there are. */
function recall(
  { recent, tokens, parents }: Workshop,
  { text, length }: Sequence,
  string: number,
  most: number,
): number {
  let count = 0
  for (let at = string; at > 0 && count < most; at = parents[at - 1]! + 1) recent[count++] = tokens[at - 1]!
  for (let at = length - 1; at >= 0 && count < most; at--) recent[count++] = text[at]!
  return count
}
