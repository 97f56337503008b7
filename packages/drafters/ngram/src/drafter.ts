/**
 * Drafts a tree from n-grams: what followed the end of the text in the text itself, blended with what the model mostly says (a table
 * counted in texts that it wrote). The N-Grammys mix n-grams of the model with those of the context by turns; here they are
 * one law, whose probabilities can be believed, so that the draft can be grown and priced by them.
 *
 * Deviations: the model's n-grams are counted in its own answers instead of read from its embeddings and one-token contexts; one tree instead
 * of a batch of chains; the blend is a hierarchical Dirichlet one (law.ts).
 */
import {
  badOption,
  checkInteger,
  checkKeys,
  checkNumber,
  type Drafter,
  ForetokenError,
  type Manifest,
  NO_DRAFT,
  SPEC_VERSION,
} from '@foretoken/core'
import { appendToken, continues, openSequence, type Sequence, suffixTree } from '@foretoken/drafting'
import { grow, grower, type Limits, ORDERS } from './grow.ts'
import type { NgramTable } from './ngram-table.ts'

/** What ngram says of itself; as a chain it does not require `attention:tree-mask`. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'ngram',
  paper: {
    title: 'The N-Grammys: Accelerating Autoregressive Inference with Learning-Free Batched Speculation',
    authors: 'Stewart et al.',
    year: 2024,
    url: 'https://arxiv.org/abs/2411.03786',
  },
  requires: ['attention:tree-mask'],
}

export interface NgramOptions {
  /** What the model mostly says: from `loadNgramTable` or `ngramTable`. Default: none, this text only. */
  readonly table?: NgramTable | undefined
  /** Most tokens of a draft, 1 to 63. Default 11. */
  readonly nodes?: number
  /** A string less probable than this is not drafted, in [0.01, 1]. Default 0.15. */
  readonly minimumProbability?: number
  /** `chain` drafts the most probable token of each level alone. Default `tree`. */
  readonly shape?: 'chain' | 'tree'
}

const KEYS = ['table', 'nodes', 'minimumProbability', 'shape'] as const satisfies readonly (keyof NgramOptions)[]

/**
 * Drafts the strings that n-grams call likely. Its `q` is a point mass; each node's confidence is its probability given its parent.
 * @throws BAD_OPTION; VOCABULARY_MISMATCH from `begin` when the table is of another vocabulary than the model.
 * @example
 * const drafter = ngram({ table: loadNgramTable(await readFile(tableFile)) })
 */
export function ngram(options: NgramOptions = {}): Drafter {
  const { table, nodes, minimumProbability, isChain } = checkOptions(options)
  const shop = grower(nodes)
  let tree = suffixTree(ORDERS + 1)
  let text: Sequence = openSequence(tree)
  let mostNodes = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The ngram drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with ngram().',
    })
  }

  function forget(): void {
    tree = suffixTree(ORDERS + 1)
    text = openSequence(tree)
  }

  function dispose(): void {
    isDisposed = true
    forget()
  }

  return {
    manifest: isChain ? { ...manifest, requires: [] } : manifest,
    begin(prompt, model) {
      use()
      checkVocabulary(table, model.vocabularySize)
      mostNodes = Math.min(nodes, model.maximumRows - 1)
      if (!continues(prompt, text)) forget()
      for (let i = text.length; i < prompt.length; i++) appendToken(tree, text, prompt[i]!)
    },
    draft(room) {
      use()
      const limits: Limits = { levels: room, nodes: mostNodes, minimumProbability, isChain }
      const { tokens, parents, confidence, length } = grow(shop, tree, text, table, limits)
      if (length === 0) return NO_DRAFT
      return {
        tokens: tokens.slice(0, length),
        ...(!isChain && { parents: parents.slice(0, length) }),
        q: { kind: 'point-mass' },
        confidence: confidence.slice(0, length),
      }
    },
    commit({ tokens }) {
      use()
      for (const token of tokens) appendToken(tree, text, token)
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}

function checkOptions(options: NgramOptions) {
  checkKeys('ngram', options, KEYS)
  const { table, nodes = 11, minimumProbability = 0.15, shape = 'tree' } = options
  checkInteger('ngram', 'nodes', nodes, 1, 63)
  checkNumber('ngram', 'minimumProbability', minimumProbability, 0.01, 1)
  if (table !== undefined && typeof table.read !== 'function') {
    throw badOption('ngram', 'table', 'is no table', 'one made by ngramTable() or loadNgramTable()')
  }
  if (shape !== 'chain' && shape !== 'tree') {
    throw badOption('ngram', 'shape', `is ${String(shape)}`, '"chain" or "tree"')
  }
  return { table, nodes, minimumProbability, isChain: shape === 'chain' }
}

function checkVocabulary(table: NgramTable | undefined, vocabularySize: number): void {
  if (table === undefined || table.vocabularySize === vocabularySize) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The table of n-grams is of a vocabulary of ${table.vocabularySize}; the model has ${vocabularySize}.`,
    { fix: 'Take the table of this model, or none.', details: { table: table.vocabularySize, model: vocabularySize } },
  )
}
