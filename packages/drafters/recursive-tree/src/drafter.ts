/**
 * Draft trees whose siblings are drawn without replacement: Jeon, Gagrani, Goel, Park, Lee and Lott, "Recursive Speculative
 * Decoding: Accelerating LLM Inference via Sampling Without Replacement" (2024). RSD-C branches by a fixed number at each
 * level; RSD-S keeps the `width` paths of largest perturbed value (stochastic beam search), over all parents.
 *
 * How many children a node has depends on values and counts, never on which token a child is. So each child, given the earlier
 * ones, follows q without them, and `recursive-rejection` keeps the target's law.
 */
import {
  type Drafter,
  type Draws,
  ForetokenError,
  type LogitsProcessor,
  largest,
  logSumExp,
  type Manifest,
  maximum,
  NO_DRAFT,
  SPEC_VERSION,
  softmax,
} from '@foretoken/core'
import { checkPrompt, checkVocabularies, draftCache, draftTree, requireOfDraft } from '@foretoken/drafting'
import { type Child, drawChildren, type Parent } from './draw-children.ts'
import { checkOptions, type RecursiveTreeOptions, shapeOf } from './options.ts'

/** What recursive-tree says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'recursive-tree',
  paper: {
    title: 'Recursive Speculative Decoding: Accelerating LLM Inference via Sampling Without Replacement',
    authors: 'Jeon, Gagrani, Goel, Park, Lee and Lott',
    year: 2024,
    url: 'https://arxiv.org/abs/2402.14160',
    section: 'RSD-C and RSD-S',
  },
  requires: ['attention:tree-mask'],
}

/** A node whose children come next; −1 is the end of the text. */
interface Beam extends Parent {
  readonly node: number
}

/** A child and where it would stand. */
interface Candidate extends Child {
  readonly parent: number
  readonly row: number
  readonly confidence: number
}

const ROOT: Beam = { node: -1, phi: 0, g: 0 }

/**
 * Drafts a tree with a smaller model of the same vocabulary. Above temperature 0 its `q` holds a row for each node with children,
 * borrowed until the next draft. Each level takes a step of the draft model that scores the whole tree so far.
 * @throws BAD_OPTION; CAPABILITY_MISSING when the draft model cannot rewind or score trees. `begin` throws VOCABULARY_MISMATCH and
 * EMPTY_PROMPT.
 * @example
 * const parts = { drafter: recursiveTree({ model: small, temperature: 1 }), verifier: recursiveRejection() }
 */
export function recursiveTree(options: RecursiveTreeOptions): Drafter {
  checkOptions(options)
  const { model, temperature = 0, processors = [] } = options
  const shape = shapeOf(options)
  requireOfDraft('recursive-tree', model, 'kv:rewind')
  if (shape.levels > 1) requireOfDraft('recursive-tree', model, 'attention:tree-mask')
  const { vocabularySize } = model
  const cache = draftCache(model)
  const grown = draftTree(vocabularySize)
  const best = new Int32Array(64)
  let forks: LogitsProcessor[] = []
  let committed = 0
  let most = 0
  let isCompared = false
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError(
      'DISPOSED',
      'The recursive-tree drafter was used after dispose; an open one was expected.',
      {
        fix: 'Make a new one with recursiveTree().',
      },
    )
  }

  /** Applies the processors as if they had seen the way to `node`. */
  function process(row: Float32Array, node: number): void {
    if (forks.length === 0) return
    const path: number[] = []
    for (let at = node; at >= 0; at = grown.parents[at]!) path.push(grown.tokens[at]!)
    for (const processor of forks) {
      for (const token of path.toReversed()) processor.advance(token)
      processor.apply(row)
      processor.rollback(path.length)
    }
  }

  /** The children that `beam` may have. `row` holds logits, and above temperature 0 the law on return. */
  function childrenOf(
    beam: Beam,
    row: Float32Array,
    count: number,
    uniform: (j: number, kind: 0 | 1) => number,
  ): Candidate[] {
    process(row, beam.node)
    if (maximum(row) === -Infinity) return []
    const place = { parent: beam.node, row: grown.rows - 1 }
    if (temperature > 0) {
      softmax(row, temperature, row)
      return drawChildren(row, count, beam, uniform).map((child) => ({
        ...child,
        ...place,
        confidence: row[child.token]!,
      }))
    }
    const total = logSumExp(row)
    largest(row, count, best)
    return Array.from(best.subarray(0, count))
      .filter((token) => token >= 0)
      .map((token) => {
        const phi = beam.phi + row[token]! - total
        return { token, phi, g: phi, ...place, confidence: Math.exp(row[token]! - total) }
      })
  }

  /** Adds a level below `beams`; returns it. Keys: every beam has room for 64 children, two draws each. */
  function addLevel(beams: readonly Beam[], logits: Float32Array, level: number, draws: Draws): Beam[] {
    const candidates = beams.flatMap((beam, i) => {
      const row = grown.addRow()
      row.set(logits.subarray(i * vocabularySize, (i + 1) * vocabularySize))
      return childrenOf(beam, row, shape.childrenAt(level), (j, kind) => draws.uniform(level, 2 * (64 * i + j) + kind))
    })
    // Sorting keeps the order of equal values: siblings stay in the order they were drawn in.
    if (shape.width < candidates.length) candidates.sort((a, b) => b.g - a.g)
    const kept = candidates.slice(0, Math.min(shape.width, most - grown.tokens.length))
    return kept.map(({ token, phi, g, parent, row, confidence }) => {
      grown.add(token, parent, row, confidence)
      return { node: grown.tokens.length - 1, phi, g }
    })
  }

  return {
    manifest,
    begin(prompt, target) {
      use()
      checkVocabularies(vocabularySize, target.vocabularySize, isCompared ? undefined : options.tokenBytes)
      isCompared = true
      checkPrompt(prompt)
      most = Math.min(target.maximumRows - 1, model.maximumRows)
      cache.setText(0, prompt)
      committed = prompt.length
      forks = processors.map((processor) => processor.fork())
      for (const processor of forks) for (const token of prompt) processor.advance(token)
    },
    async draft(room, draws, goesOn) {
      use()
      grown.clear()
      // The last level is never fed, so it may stand one past the draft model's context.
      const levels = Math.min(room, shape.levels, model.contextLength - committed + 1)
      let beams: Beam[] = [ROOT]
      for (let level = 0; level < levels && beams.length > 0 && grown.tokens.length < most; level++) {
        const logits =
          level === 0 ? await cache.logits() : await cache.level(grown.tokens, grown.parents, beams[0]!.node)
        beams = addLevel(beams, logits, level, draws)
        const surest = beams.reduce((sure, { node }) => Math.max(sure, grown.confidenceOf(node)), 0)
        if (goesOn && !goesOn(surest)) break
      }
      return grown.tokens.length === 0 ? NO_DRAFT : grown.draft(temperature > 0 ? 'without-replacement' : undefined)
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
