/**
 * Lookahead decoding: the target drafts for itself. Beside the last token each pass feeds a small window of guesses at the
 * coming positions and continues them all (Jacobi iteration). The n-grams that arise go into a pool, and those that begin with
 * the last token are verified in the same pass.
 *
 * W: columns of the window; N: tokens of an n-gram; G: n-grams verified in one round.
 *
 * Deviations: window and candidates are one deterministic tree, in which common prefixes are shared, so the window's tokens are
 * accepted too when they are right, and a full match keeps its bonus token. The first window is copied from the prompt instead
 * of drawn. End-of-text tokens in the window are not replaced. `fromText` defaults to true.
 */
import {
  argmax,
  badOption,
  checkInteger,
  checkKeys,
  type Draft,
  type Drafter,
  ForetokenError,
  type Manifest,
  NO_DRAFT,
  SPEC_VERSION,
  type StepOutput,
} from '@foretoken/core'
import { draftTrie } from './draft-trie.ts'
import { type LookaheadWindow, lookaheadWindow } from './lookahead-window.ts'
import { ngramPool } from './ngram-pool.ts'

/** What lookahead says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'lookahead',
  paper: {
    title: 'Break the Sequential Dependency of LLM Inference Using Lookahead Decoding',
    authors: 'Fu, Bailis, Stoica and Zhang',
    year: 2024,
    url: 'https://arxiv.org/abs/2402.02057',
    section: 'Algorithm 2',
  },
  requires: ['attention:tree-mask', 'kv:gather'],
}

export interface LookaheadOptions {
  /** W: columns of the window, at most 32. Default 3. */
  readonly window?: number
  /** N: tokens of an n-gram, 2 to 16. Default 2. */
  readonly ngram?: number
  /** G: n-grams verified in one round, at most 32. Default 2. */
  readonly guesses?: number
  /** Whether the n-grams of the prompt and of the output go into the pool too. Default true. */
  readonly fromText?: boolean
  /** Most tokens under which the pool keeps `guesses` n-grams each. Default 4096. */
  readonly poolKeys?: number
}

/**
 * Drafts a tree: n-grams of the pool that begin with the last token, and the lookahead window. Its `q` is a point mass. The
 * window is fed when its W + N − 3 levels fit into the room and its nodes into a step; otherwise it waits.
 * @throws BAD_OPTION
 * @example
 * const drafter = lookahead({ window: 7, ngram: 5, guesses: 7 })
 */
export function lookahead(options: LookaheadOptions = {}): Drafter {
  const { window: w, ngram: n, guesses, fromText, poolKeys } = checkedOptions(options)
  const pool = ngramPool(guesses, poolKeys)
  const tail: number[] = []
  let window = lookaheadWindow(w, n, () => 0)
  let round: Round | undefined
  let mostNodes = 0
  let vocabularySize = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The lookahead drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with lookahead().',
    })
  }

  /** Follows the text: `tail` holds its last n tokens. */
  function read(token: number): void {
    tail.push(token)
    if (tail.length > n) tail.shift()
    if (fromText && tail.length === n) pool.add(tail[0]!, tail.slice(1))
  }

  function dispose(): void {
    isDisposed = true
    pool.clear()
  }

  return {
    manifest,
    begin(prompt, model) {
      use()
      mostNodes = model.maximumRows - 1
      vocabularySize = model.vocabularySize
      pool.clear()
      tail.length = 0
      round = undefined
      prompt.forEach(read)
      const levels = w + n - 3
      window = lookaheadWindow(w, n, (i) => prompt.at(i - levels) ?? prompt[0] ?? 0)
    },
    draft(room) {
      use()
      const last = tail.at(-1)
      round = last === undefined ? undefined : plan(window, pool.under(last), { last, room, mostNodes })
      return round?.draft ?? NO_DRAFT
    },
    commit(committed) {
      use()
      if (round?.draft === committed.draft && round.ends.length > 0) {
        const next = continuations(committed.output, vocabularySize, round.ends)
        window.learn(round.last, next, pool.add)
      }
      committed.tokens.forEach(read)
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}

/** What was drafted in a round. */
interface Round {
  readonly draft: Draft
  /** The last committed token, below which it hangs. */
  readonly last: number
  /** Last node of each column; empty when the window was not fed. */
  readonly ends: readonly number[]
}

interface Limits {
  readonly last: number
  readonly room: number
  readonly mostNodes: number
}

/** Candidates, the newest first, and the window as far as both fit. */
function plan(
  window: LookaheadWindow,
  candidates: readonly (readonly number[])[],
  { last, room, mostNodes }: Limits,
): Round {
  const trie = draftTrie()
  const isFed = window.depth <= room && window.nodes <= mostNodes
  const mostGuessed = isFed ? mostNodes - window.nodes : mostNodes
  for (let i = candidates.length - 1; i >= 0; i--) trie.addPath(candidates[i]!.slice(0, room), mostGuessed)
  const ends = isFed ? window.place(trie.add) : []
  return { draft: trie.draft(), last, ends }
}

/** The target's argmax after each of `nodes`, of which −1 is the last committed token. */
function continuations(
  { logits, argmax: best }: StepOutput,
  vocabularySize: number,
  nodes: readonly number[],
): number[] {
  return nodes.map(
    (node) => best?.[node + 1] ?? argmax(logits.subarray((node + 1) * vocabularySize, (node + 2) * vocabularySize)),
  )
}

function checkedOptions(options: LookaheadOptions): Required<LookaheadOptions> {
  checkKeys('lookahead', options, ['window', 'ngram', 'guesses', 'fromText', 'poolKeys'])
  const { window = 3, ngram = 2, guesses = 2, fromText = true, poolKeys = 4096 } = options
  checkInteger('lookahead', 'window', window, 1, 32)
  checkInteger('lookahead', 'ngram', ngram, 2, 16)
  checkInteger('lookahead', 'guesses', guesses, 1, 32)
  checkInteger('lookahead', 'poolKeys', poolKeys, 1)
  if (typeof fromText !== 'boolean') throw badOption('lookahead', 'fromText', `is ${String(fromText)}`, 'true or false')
  return { window, ngram, guesses, fromText, poolKeys }
}
