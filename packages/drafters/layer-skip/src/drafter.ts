/**
 * SWIFT: the target drafts for itself with some of its attention and feed-forward sub-layers skipped. While it runs, other sets
 * of sub-layers are tried on text that was just written, and the one whose predictions agree most with that text (its
 * matchness) is used from then on. A draft ends after a token of which the skipping model is not sure.
 *
 * Drafted tokens live in a fork of the target's cache that ends with the draft: its rows stand behind the committed ones,
 * which are shared and never touched.
 *
 * Deviations: a chain is drafted, without siblings beside it. Sets are compared on the most recent text, on which the set in use
 * is scored anew, instead of on the first tokens of a generation with scores of other texts. A set is tried every 16th round, since a
 * pass over the passage costs several steps on a CPU. The search begins with the number of sub-layers it is to have. The
 * acquisition is maximised over sets by swaps, not over the cube, and the Gaussian process sees the last 64 scores. No cap of 25
 * levels: length is the choice of a wrapper.
 */
import {
  badOption,
  type Drafter,
  ForetokenError,
  type Manifest,
  type Model,
  NO_DRAFT,
  type Skipping,
  SPEC_VERSION,
} from '@foretoken/core'
import { type ChainWriter, chainWriter } from './chain-writer.ts'
import { checkedOptions, type LayerSkipOptions } from './options.ts'
import { skipSearch } from './skip-search.ts'
import { type Trials, trials } from './trials.ts'

/** What layer-skip says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'layer-skip',
  paper: {
    title: 'SWIFT: On-the-Fly Self-Speculative Decoding for LLM Inference Acceleration',
    authors: 'Xia, Li, Zhang, Du and Li',
    year: 2024,
    url: 'https://arxiv.org/abs/2410.06916',
    section: 'section 4',
  },
  requires: ['layers:skip', 'kv:rewind'],
}

/**
 * Drafts a chain with the target itself, sub-layers skipped. It drafts as long as there is room, its tokens are probable enough and
 * the caller wants more, once the target has read the prompt. Its `q` is a point mass at temperature 0, else a row for each
 * token, borrowed until the next draft.
 * @throws BAD_OPTION. `begin` throws CAPABILITY_MISSING and EMPTY_PROMPT.
 * @example
 * const drafter = layerSkip({ search: skipSearch(model.skipping.subLayers) })
 */
export function layerSkip(options: LayerSkipOptions = {}): Drafter {
  const { search, skipped, threshold, temperature, context, interval } = checkedOptions(options)
  let generation: Generation | undefined
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The layer-skip drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with layerSkip().',
    })
  }

  return {
    manifest,
    begin(prompt, model) {
      use()
      const { subLayers } = skippingOf(model)
      checkPrompt(prompt)
      for (const set of [skipped, search?.best]) checkSet(set, subLayers)
      const used = skipped === undefined ? (search ?? skipSearch(subLayers)) : undefined
      generation = {
        model,
        set: () => used?.best ?? skipped!,
        trials: used && trials(used, Math.min(context, model.maximumRows)),
        writer: chainWriter(model.vocabularySize, temperature, threshold),
        last: prompt.at(-1)!,
        committed: prompt.length,
        rounds: 0,
      }
    },
    async draft(room, draws, goesOn) {
      use()
      if (generation === undefined) return NO_DRAFT
      const { model, writer } = generation
      // Only the last token may be missing in the cache: feeding more through the skipping model would cost a prefill.
      if (model.length !== generation.committed - 1) return NO_DRAFT
      if (++generation.rounds % interval === 0) await generation.trials?.tryNext(model)
      const levels = Math.min(room, model.maximumRows - 1, model.contextLength - model.length)
      const fork = model.skipping!.fork(generation.set())
      try {
        return await writer(fork, generation.last, levels, draws, goesOn)
      } finally {
        await fork.dispose()
      }
    },
    commit({ tokens }) {
      use()
      if (generation === undefined) return
      for (const token of tokens) generation.trials?.read(token)
      generation.committed += tokens.length
      generation.last = tokens.at(-1) ?? generation.last
    },
    dispose() {
      isDisposed = true
      generation = undefined
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
      generation = undefined
    },
  }
}

interface Generation {
  readonly model: Model
  readonly set: () => Uint8Array
  readonly trials: Trials | undefined
  readonly writer: ChainWriter
  /** The last committed token. */
  last: number
  /** Committed tokens, those of the prompt included. */
  committed: number
  rounds: number
}

/** @throws CAPABILITY_MISSING */
function skippingOf({ skipping, supports }: Model): Skipping {
  if (skipping !== undefined) return skipping
  const supported = [...supports].sort().join(', ') || 'none'
  throw new ForetokenError(
    'CAPABILITY_MISSING',
    `layer-skip requires "layers:skip"; the model supports: ${supported}.`,
    {
      fix: 'Load the model from a graph built with skippable: true.',
      details: { name: 'layer-skip', capability: 'layers:skip', supports: [...supports] },
    },
  )
}

/** @throws BAD_OPTION */
function checkSet(set: Uint8Array | undefined, subLayers: number): void {
  if (set === undefined || set.length === subLayers) return
  throw badOption('layerSkip', 'skipped', `is of ${set.length} sub-layers`, `the target's ${subLayers}`)
}

function checkPrompt(prompt: Int32Array): void {
  if (prompt.length > 0) return
  throw new ForetokenError('EMPTY_PROMPT', 'The layer-skip drafter was given no tokens; at least one was expected.', {
    fix: 'Begin with a token, such as the beginning-of-sequence token.',
  })
}
