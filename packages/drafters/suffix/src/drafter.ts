/**
 * SuffixDecoding: the end of the text is looked up in a counted suffix tree of this text (prompt and own output) and, if there
 * is one, of a pool of earlier outputs; what mostly followed there is drafted, the more tokens the longer the match:
 * MAX_SPEC(m) = alpha · m (section 3.2). The tree whose draft has the larger expected number of accepted tokens wins, this
 * text's own on ties.
 *
 * Deviations: of equally frequent continuations the newest is drafted, so that the choice depends on the texts alone and not on
 * what was forgotten; the pool is bounded in tokens and not in requests.
 */
import {
  badOption,
  checkInteger,
  checkKeys,
  checkNumber,
  type Draft,
  type Drafter,
  ForetokenError,
  type Manifest,
  NO_DRAFT,
  SPEC_VERSION,
} from '@foretoken/core'
import {
  appendToken,
  closeSequence,
  continues,
  openSequence,
  type Sequence,
  type SuffixTree,
  suffixTree,
} from '@foretoken/drafting'
import { appendToPool, checkVocabulary, type SuffixPool, stateOf } from './pool.ts'
import { type Candidate, candidate, type Question, type Rule, speculate } from './speculate.ts'

/** What suffix says of itself; as a tree it also requires `attention:tree-mask`. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'suffix',
  paper: {
    title: 'SuffixDecoding: Extreme Speculative Decoding for Emerging AI Applications',
    authors: 'Oliaro et al.',
    year: 2025,
    url: 'https://arxiv.org/abs/2411.04975',
  },
  requires: [],
}

export interface SuffixOptions {
  /** Outputs of other generations to learn from. Default: none, this text only. */
  readonly pool?: SuffixPool
  /** Whether outputs enter the pool. Default true. */
  readonly learns?: boolean
  /** Longest string of this text that is counted, pattern and draft together; 2 to 64. Default 24. */
  readonly depth?: number
  /** Drafted tokens for each matched token: alpha of the paper. Default 1. */
  readonly factor?: number
  /** Drafted tokens beside those. Default 0. */
  readonly offset?: number
  /** A token less probable than this after the match is not drafted, in [0.001, 1]. Default 0.1. */
  readonly minimumProbability?: number
  /** `tree` drafts several continuations at once. Default `chain`. */
  readonly shape?: 'chain' | 'tree'
}

const KEYS = [
  'pool',
  'learns',
  'depth',
  'factor',
  'offset',
  'minimumProbability',
  'shape',
] as const satisfies readonly (keyof SuffixOptions)[]

/**
 * Drafts what mostly followed the end of the text elsewhere. Its `q` is a point mass; each node's confidence comes from the
 * counts and the length of the match. Without a match it drafts nothing.
 * @throws BAD_OPTION
 * @example
 * const pool = suffixPool({ maximumTokens: 50_000 })
 * const drafter = suffix({ pool })
 */
export function suffix(options: SuffixOptions = {}): Drafter {
  const { depth, learns, rule, pool } = checkOptions(options)
  const buffers = [candidate(), candidate(), candidate(), candidate()] as const
  let tree: SuffixTree = suffixTree(depth)
  let text: Sequence = openSequence(tree)
  let output: Sequence | undefined
  let mostNodes = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The suffix drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with suffix().',
    })
  }

  function endOutput(): void {
    if (output !== undefined) closeSequence(output)
    output = undefined
  }

  function dispose(): void {
    isDisposed = true
    endOutput()
    tree = suffixTree(depth)
    text = openSequence(tree)
  }

  return {
    manifest: rule.shape === 'tree' ? { ...manifest, requires: ['attention:tree-mask'] } : manifest,
    begin(prompt, model) {
      use()
      if (pool) checkVocabulary(pool, model.vocabularySize)
      endOutput()
      mostNodes = model.maximumRows - 1
      if (!continues(prompt, text)) {
        tree = suffixTree(depth)
        text = openSequence(tree)
      }
      for (let i = text.length; i < prompt.length; i++) appendToken(tree, text, prompt[i]!)
    },
    draft(room) {
      use()
      const question: Question = { text: text.text, length: text.length, own: text, room, nodes: mostNodes }
      const mine = speculate(tree, question, rule, [buffers[0], buffers[1]])
      if (pool === undefined) return draftOf(mine, rule)
      const theirs = speculate(pool.tree, { ...question, own: output }, rule, [buffers[2], buffers[3]])
      return draftOf(mine.score >= theirs.score ? mine : theirs, rule)
    },
    commit({ tokens }) {
      use()
      for (const token of tokens) {
        appendToken(tree, text, token)
        if (pool !== undefined && learns) output = appendToPool(pool, output, token)
      }
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}

function checkOptions(options: SuffixOptions) {
  checkKeys('suffix', options, KEYS)
  const { pool, learns = true, depth = 24, factor = 1, offset = 0, minimumProbability = 0.1, shape = 'chain' } = options
  checkInteger('suffix', 'depth', depth, 2, 64)
  checkNumber('suffix', 'factor', factor, 0)
  checkNumber('suffix', 'offset', offset, 0)
  checkNumber('suffix', 'minimumProbability', minimumProbability, 0.001, 1)
  if (typeof learns !== 'boolean') throw badOption('suffix', 'learns', `is ${String(learns)}`, 'true or false')
  if (shape !== 'chain' && shape !== 'tree') {
    throw badOption('suffix', 'shape', `is ${String(shape)}`, '"chain" or "tree"')
  }
  const rule: Rule = { shape, factor, offset, minimumProbability }
  return { depth, learns, rule, pool: pool && stateOf(pool) }
}

function draftOf({ tokens, parents, confidence, length }: Candidate, { shape }: Rule): Draft {
  if (length === 0) return NO_DRAFT
  return {
    tokens: tokens.slice(0, length),
    ...(shape === 'tree' && { parents: parents.slice(0, length) }),
    q: { kind: 'point-mass' },
    confidence: confidence.slice(0, length),
  }
}
