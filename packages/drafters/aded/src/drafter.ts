/**
 * ADED (its code is named Adaptix): a trigram table plays the language model. Each round it is nudged toward the text: every three
 * tokens in a row among the last 16 add 0.04 to their weight, up to 3. A Monte-Carlo tree search (tree-search.ts) over
 * the table from the last two tokens finds drafts that are likely and unlike each other; the most visited paths, each with its likeliest
 * successor, are verified as one tree.
 *
 * Deviations: the whole prompt enters the table, not its last 16 tokens only; the reward counts the token that was taken, where the authors'
 * code looks up the wrong one; the table has a fixed size; few tokens and iterations by default, since rows cost time on a CPU.
 */
import {
  checkInteger,
  checkKeys,
  checkNumber,
  type Drafter,
  ForetokenError,
  type Manifest,
  NO_DRAFT,
  SPEC_VERSION,
} from '@foretoken/core'
import { draftOf } from './draft-tree.ts'
import { treeSearch } from './tree-search.ts'
import { type TrigramTable, trigramTable } from './trigram-table.ts'

/** What aded says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'aded',
  paper: {
    title: 'Adaptive Draft-Verification for Efficient Large Language Model Decoding',
    authors: 'Liu et al.',
    year: 2024,
    url: 'https://arxiv.org/abs/2407.12021',
  },
  requires: ['attention:tree-mask'],
}

export interface AdedOptions {
  /** Most tokens drafted in a round, at most 64. Default 4 (measured on two CPU cores). */
  readonly nodes?: number
  /** Iterations of the search, at most 1,024. Default 48. */
  readonly iterations?: number
  /** Most tokens of a searched path, 1 to 16; drafts are one deeper. Default 3. */
  readonly depth?: number
  /** Weight added to each trigram of the window in a round. Default 0.04. */
  readonly step?: number
  /** Last tokens that adapt the table, 3 to 256. Default 16. */
  readonly window?: number
  /** A table to go on with and to leave adapted: a corpus, or a pool. Default: one of its own, empty at each beginning. */
  readonly table?: TrigramTable
}

const KNOWN = ['nodes', 'iterations', 'depth', 'step', 'window', 'table']

/**
 * Drafts a tree searched in a trigram table. Its tokens are chosen, not drawn, so `q` is a point mass; `confidence` is the
 * share of the weight at the pair, less what a pair seen once leaves to unseen tokens.
 * @throws BAD_OPTION
 * @example
 * const drafter = aded({ table: trigramsOf(documents) })
 */
export function aded(options: AdedOptions = {}): Drafter {
  checkKeys('aded', options, KNOWN)
  const { nodes = 4, iterations = 48, depth = 3, step = 0.04, window = 16 } = options
  checkInteger('aded', 'nodes', nodes, 1, 64)
  checkInteger('aded', 'iterations', iterations, 1, 1024)
  checkInteger('aded', 'depth', depth, 1, 16)
  checkNumber('aded', 'step', step, 1e-3, 3)
  checkInteger('aded', 'window', window, 3, 256)
  const table = options.table ?? trigramTable()
  const search = treeSearch({ iterations, depth })
  /** What a trigram gains on its way through the window when tokens come one by one. */
  const once = Math.min(3, step * (window - 2))
  let recent = new Int32Array(0)
  let mostNodes = 0
  let vocabularySize = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The aded drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with aded().',
    })
  }

  function dispose(): void {
    isDisposed = true
    recent = new Int32Array(0)
  }

  return {
    manifest,
    begin(prompt, model) {
      use()
      if (options.table === undefined) table.clear()
      table.addText(prompt, once)
      recent = prompt.slice(-window)
      mostNodes = Math.min(nodes, model.maximumRows - 1)
      vocabularySize = model.vocabularySize
    },
    draft(room, draws) {
      use()
      if (recent.length < 2 || mostNodes < 1) return NO_DRAFT
      const tree = search.search(table, recent.at(-2)!, recent.at(-1)!, room, draws)
      return draftOf(tree, table, once, { nodes: mostNodes, levels: room, vocabularySize })
    },
    commit({ tokens }) {
      use()
      recent = lastOf(recent, tokens, window)
      table.addText(recent, step)
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}

/** The last `count` of `before` and `tokens` together. */
function lastOf(before: Int32Array, tokens: Int32Array, count: number): Int32Array<ArrayBuffer> {
  const all = new Int32Array(before.length + tokens.length)
  all.set(before)
  all.set(tokens, before.length)
  return all.slice(-count)
}
