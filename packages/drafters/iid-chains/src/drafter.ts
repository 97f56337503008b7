/**
 * Independent chains from a draft model: Sun, Suresh, Ro, Beirami, Jain and Yu, "SpecTr: Fast Speculative Decoding via Optimal
 * Transport" (2023), Algorithm 1, lines 1 to 3. K chains of L tokens, each drawn as the draft model alone would write it. Tokens
 * that two chains share are two nodes: `k-seq` counts them twice, as its law demands.
 */
import {
  badOption,
  categorical,
  checkInteger,
  checkKeys,
  checkNumber,
  type Drafter,
  type Draws,
  ForetokenError,
  type LogitsProcessor,
  type Manifest,
  type Model,
  maximum,
  NO_DRAFT,
  SPEC_VERSION,
  softmax,
} from '@foretoken/core'
import {
  checkPrompt,
  checkVocabularies,
  draftCache,
  draftTree,
  requireOfDraft,
  type TokenBytes,
} from '@foretoken/drafting'

/** What iid-chains says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'iid-chains',
  paper: {
    title: 'SpecTr: Fast Speculative Decoding via Optimal Transport',
    authors: 'Sun, Suresh, Ro, Beirami, Jain and Yu',
    year: 2023,
    url: 'https://arxiv.org/abs/2310.15141',
    section: 'Algorithm 1',
  },
  requires: ['attention:tree-mask'],
}

export interface IidChainsOptions {
  /** Writes the drafts. Its cache is the drafter's as long as the drafter lives; disposing the model stays with you. */
  readonly model: Model
  /** K. Default 2. */
  readonly chains?: number | undefined
  /** L. Default 4. */
  readonly levels?: number | undefined
  /** Of the draft, above 0: chains of temperature 0 would all be one. Default 1. */
  readonly temperature?: number | undefined
  /** Applied in order to the draft model's logits, on forks that have seen the text. Default none. */
  readonly processors?: readonly LogitsProcessor[] | undefined
  /** Bytes of both vocabularies' tokens, compared once. Default: only the sizes are compared. */
  readonly tokenBytes?: TokenBytes | undefined
}

/**
 * Drafts K independent chains with a smaller model of the same vocabulary. `q` is dense, a row for each node with a successor, borrowed
 * until the next draft. Each level takes one step of the draft model, which scores all chains so far.
 * @throws BAD_OPTION; CAPABILITY_MISSING when the draft model cannot rewind or score trees. `begin` throws VOCABULARY_MISMATCH and
 * EMPTY_PROMPT.
 * @example
 * const parts = { drafter: iidChains({ model: small, chains: 3 }), verifier: kSeq() }
 */
export function iidChains(options: IidChainsOptions): Drafter {
  checkOptions(options)
  const { model, chains = 2, levels: longest = 4, temperature = 1, processors = [] } = options
  for (const capability of ['kv:rewind', 'attention:tree-mask'] as const) {
    requireOfDraft('iid-chains', model, capability)
  }
  const { vocabularySize } = model
  const cache = draftCache(model)
  const tree = draftTree(vocabularySize)
  let forks: LogitsProcessor[] = []
  let committed = 0
  let mostNodes = 0
  let isCompared = false
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The iid-chains drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with iidChains().',
    })
  }

  /** A row with the law after `node`; nothing when processors left no token. */
  function lawAfter(node: number, logits: Float32Array): Float32Array | undefined {
    const row = tree.addRow()
    row.set(logits)
    const path: number[] = []
    for (let at = node; at >= 0; at = tree.parents[at]!) path.push(tree.tokens[at]!)
    for (const processor of forks) {
      for (const token of path.toReversed()) processor.advance(token)
      processor.apply(row)
      processor.rollback(path.length)
    }
    if (maximum(row) === -Infinity) return undefined
    softmax(row, temperature, row)
    return row
  }

  /** Adds the next token of each chain of `ends`; returns their new ends. At the root all chains share one row. */
  function addLevel(ends: readonly number[], logits: Float32Array, level: number, draws: Draws): number[] {
    const isRoot = level === 0
    const shared = isRoot ? lawAfter(-1, logits) : undefined
    return ends.flatMap((end, chain) => {
      const row = isRoot ? shared : lawAfter(end, logits.subarray(chain * vocabularySize, (chain + 1) * vocabularySize))
      if (row === undefined) return []
      const token = categorical(row, draws.uniform(level, chain))
      tree.add(token, end, tree.rows - 1, row[token]!)
      return [tree.tokens.length - 1]
    })
  }

  return {
    manifest,
    begin(prompt, target) {
      use()
      checkVocabularies(vocabularySize, target.vocabularySize, isCompared ? undefined : options.tokenBytes)
      isCompared = true
      checkPrompt(prompt)
      mostNodes = Math.min(target.maximumRows - 1, model.maximumRows)
      cache.setText(0, prompt)
      committed = prompt.length
      forks = processors.map((processor) => processor.fork())
      for (const processor of forks) for (const token of prompt) processor.advance(token)
    },
    async draft(room, draws, goesOn) {
      use()
      tree.clear()
      const width = Math.min(chains, mostNodes)
      // The last level is never fed, so it may stand one past the draft model's context.
      const levels = Math.min(room, longest, model.contextLength - committed + 1, Math.floor(mostNodes / width))
      let ends: number[] = new Array(width).fill(-1)
      for (let level = 0; level < levels && ends.length > 0; level++) {
        const logits = level === 0 ? await cache.logits() : await cache.level(tree.tokens, tree.parents, ends[0]!)
        ends = addLevel(ends, logits, level, draws)
        const surest = ends.reduce((sure, node) => Math.max(sure, tree.confidenceOf(node)), 0)
        if (goesOn && !goesOn(surest)) break
      }
      return tree.tokens.length === 0 ? NO_DRAFT : tree.draft('independent')
    },
    commit({ tokens }) {
      use()
      cache.setText(committed, tokens)
      committed += tokens.length
      for (const processor of forks) for (const token of tokens) processor.advance(token)
    },
    dispose() {
      isDisposed = true
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
    },
  }
}

function checkOptions(options: IidChainsOptions): void {
  checkKeys('iidChains', options, ['model', 'chains', 'levels', 'temperature', 'processors', 'tokenBytes'])
  const { model, chains, levels, temperature = 1 } = options
  if (model === undefined) throw badOption('iidChains', 'model', 'is missing', 'the model that writes the drafts')
  checkInteger('iidChains', 'chains', chains, 1, 64)
  checkInteger('iidChains', 'levels', levels, 1, 64)
  checkNumber('iidChains', 'temperature', temperature, 0)
  if (temperature === 0) throw badOption('iidChains', 'temperature', 'is 0', 'a number above 0, or draft-model')
}
