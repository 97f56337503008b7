/**
 * ASAp, adaptive sampling with approximate expected futures: draws from the model's law given that the text is in a grammar.
 * Masking alone bends the law towards prefixes that the model likes and can hardly end legally.
 */
import { type DecodeOptions, type LogitsProcessor, type Manifest, SPEC_VERSION } from '@foretoken/core'
import { beginning, follower, type Shared, scratchOf } from './follower.ts'
import { type GrammarAlignedOptions, type SavedAlignment, settingsOf } from './options.ts'
import { restore, saved } from './saved.ts'
import { type Node, trie } from './trie.ts'

/** What grammar-aligned says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'grammar-aligned',
  paper: {
    title: 'Grammar-Aligned Decoding',
    authors: "Park, Wang, Berg-Kirkpatrick, Polikarpova and D'Antoni",
    year: 2024,
    url: 'https://arxiv.org/abs/2405.21047',
    section: 'algorithm 1',
  },
  requires: [],
}

/** What is known of the grammar's share of the model's law. */
export interface AlignedStatistics {
  /** Bounds of the probability that the model, left free, writes a text of the grammar: 1 minus the mass that is cut. */
  readonly atLeast: number
  readonly atMost: number
  /** Whether the bounds meet: samples then follow the conditional law exactly. */
  readonly isExact: boolean
  /** Samples begun. */
  readonly samples: number
  /** Prefixes remembered. */
  readonly nodes: number
  /** Whether there is no room for more: the law stays where it is. */
  readonly isFull: boolean
}

/** What masking cut from the law of the model on the way of one text. */
export interface Cut {
  /** Mass of the tokens that were not allowed, before each token, [tokens]; NaN where it is not remembered. */
  readonly steps: Float64Array
  /**
   * 1 − Π (1 − steps): what was cut on the whole way. Under `law: 'masked'`, 1 − whole is the importance weight of the text.
   */
  readonly whole: number
}

/** Samples of one prompt, grammar and temperature. */
export interface GrammarAligned {
  /**
   * Options of `decode` and `generate`. Pass them as they are: other temperatures, and processors after this one, would make
   * another law of it. A generation follows the law at its beginning, drafted or not; what it learns counts when the next one
   * begins, or statistics are asked for.
   */
  readonly decoding: Pick<DecodeOptions, 'prompt' | 'temperature' | 'processors' | 'stopTokens' | 'maxTokens'>
  statistics(): AlignedStatistics
  /** What was cut on the way of a text that was generated. */
  cut(tokens: ArrayLike<number>): Cut
  /** What was learned; goes into `saved`. */
  save(): SavedAlignment
}

/**
 * Draws texts of a grammar, each time closer to P(text) / P(grammar): what a sample learns of dead ends, the next ones avoid.
 * Every sample is in the grammar from the first one on, which is that of masking.
 * @throws BAD_OPTION; in a generation, EMPTY_SUPPORT where no text is possible, BAD_OPTION where its prompt is another one.
 * @example
 * const aligned = grammarAligned({ constraint, prompt })
 * for (let seed = 0; seed < 20; seed++) await generate({ model, seed, ...aligned.decoding })
 */
export function grammarAligned(options: GrammarAlignedOptions): GrammarAligned {
  const settings = settingsOf(options)
  const { constraint, prompt, temperature, before, maxTokens } = settings
  const nodes = trie(settings.mostNodes)
  if (options.saved !== undefined) restore(nodes, settings, options.saved)
  const { stopTokens } = constraint.vocabulary
  const shared: Shared = {
    settings,
    trie: nodes,
    manifest,
    isStop: new Set(stopTokens),
    scratch: scratchOf(0),
  }
  let samples = 0
  const first = follower(shared, constraint.matcher(), before, beginning(nodes))
  const processor: LogitsProcessor = {
    ...first,
    fork() {
      // A generation begins: what the others learned counts from here on, and what this one learns does not change its law.
      nodes.settle()
      samples++
      return first.fork()
    },
  }
  const bounded = maxTokens < Infinity ? { maxTokens } : {}
  return {
    decoding: { prompt: prompt.slice(), temperature, processors: [processor], stopTokens, ...bounded },
    statistics() {
      nodes.settle()
      const { upper, lower } = nodes.root
      const { size, isFull } = nodes
      return { atLeast: lower, atMost: upper, isExact: lower === upper, samples, nodes: size, isFull }
    },
    cut: (tokens) => cutOf(nodes.root, tokens),
    save() {
      nodes.settle()
      return saved(nodes, settings)
    },
  }
}

function cutOf(root: Node, tokens: ArrayLike<number>): Cut {
  const steps = new Float64Array(tokens.length)
  let kept = 1
  let node: Node | undefined = root
  for (let i = 0; i < tokens.length; i++) {
    const legal: number = node?.legal ?? Number.NaN
    steps[i] = Math.max(0, 1 - legal)
    kept *= legal
    node = node?.children?.get(tokens[i]!)
  }
  return { steps, whole: Math.max(0, 1 - kept) }
}
