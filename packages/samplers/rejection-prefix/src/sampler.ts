/**
 * Rejection sampling that remembers: texts are drawn from the model's own law, illegal ones are rejected, and the mass of every
 * prefix that was rejected is taken off the law of later tries. Every sample follows P(text) / P(grammar) exactly, the first one too.
 */
import { categorical, ForetokenError, type Manifest, rng, SPEC_VERSION, STREAMS } from '@foretoken/core'
import { allowedBy, attempt, type Choose, type World } from './attempt.ts'
import { reader } from './law-after.ts'
import { type RejectionPrefixOptions, settingsOf } from './options.ts'
import { isKnown, type Prefix, prefix } from './trie.ts'

/** What rejection-prefix says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'sampler',
  name: 'rejection-prefix',
  paper: {
    title: 'Constrained Adaptive Rejection Sampling',
    authors: "Parys, Vaidya, Berg-Kirkpatrick and D'Antoni",
    year: 2025,
    url: 'https://arxiv.org/abs/2510.01902',
    section: 'CARS',
  },
  requires: ['kv:rewind'],
}

/** One text of the grammar. */
export interface ExactSample {
  /** The stop token included. */
  readonly tokenIds: Int32Array
  /** Texts that were drawn, this one included. */
  readonly tries: number
  /** ln P(tokens) under the model, without the grammar. */
  readonly logProbability: number
}

/** What is known of the grammar's share of the model's law. */
export interface RejectionStatistics {
  /** Bounds of the probability that the model, left free, writes a text of the grammar. */
  readonly atLeast: number
  readonly atMost: number
  /** Mass that was cut: of the prefixes that are known to be illegal. 1 − atMost. */
  readonly cut: number
  /** Whether the bounds meet: no try is rejected any more. */
  readonly isExact: boolean
  /** Texts given, and texts drawn for them. */
  readonly samples: number
  readonly tries: number
  /** Forward passes on texts, the prompt's not counted. */
  readonly passes: number
  /** Prefixes remembered. */
  readonly nodes: number
  /** Whether there is no room for more: as many tries are rejected as now. */
  readonly isFull: boolean
}

/** Samples of one model, prompt, grammar and temperature. */
export interface RejectionPrefix {
  /**
   * Draws a text of the grammar. Samples are independent of each other. One at a time.
   * @throws ABORTED; EMPTY_SUPPORT where the grammar has no text that the model can write within `maxTokens`; UNSUPPORTED after
   * `maxTries` rejected texts: what they taught is kept, and a further call goes on.
   */
  sample(options?: { readonly signal?: AbortSignal }): Promise<ExactSample>
  statistics(): RejectionStatistics
  /** Share of the model's law behind a prefix, [tokens], that is not known to be illegal: 1 where nothing is known. */
  kept(tokens: ArrayLike<number>): number
}

/**
 * Draws texts of a grammar exactly from P(text) / P(grammar), by as many tries as that takes. The reference for small cases, and for
 * grammars that the model keeps to often; `grammarAligned` needs no tries, and comes to this law with the number of samples.
 * @throws BAD_OPTION, CAPABILITY_MISSING, EMPTY_PROMPT, CONTEXT_FULL, VOCABULARY_MISMATCH.
 * @example
 * const exact = rejectionPrefix({ model, constraint, prompt })
 * const { tokenIds } = await exact.sample()
 */
export function rejectionPrefix(options: RejectionPrefixOptions): RejectionPrefix {
  const { uniform } = rng(options.seed ?? 0)
  return sampling(
    options,
    (tries) => (weights, sum, position) =>
      categorical(weights, uniform(STREAMS.sample, options.prompt.length + position, tries), sum),
  )
}

/** @param chooser What draws, by the number of the try. */
export function sampling(options: RejectionPrefixOptions, chooser: (tries: number) => Choose): RejectionPrefix {
  const settings = settingsOf(options)
  const { constraint, model, maxTries } = settings
  const root = prefix(1)
  const isStop = new Set(constraint.vocabulary.stopTokens)
  const weights = new Float64Array(model.vocabularySize)
  const world: World = { settings, reader: reader(settings), root, isStop, weights, nodes: 1, passes: 0 }
  let [samples, tries] = [0, 0]
  let isBusy = false

  async function draw(signal: AbortSignal | undefined): Promise<ExactSample> {
    for (let mine = 1; mine <= maxTries; mine++) {
      const found = await attempt(world, chooser(tries++), signal)
      if (found === undefined || root.kept === 0) throw nothingPossible(root)
      if (!found.isLegal) continue
      samples++
      return { tokenIds: Int32Array.from(found.tokens), tries: mine, logProbability: found.logProbability }
    }
    throw tooManyTries(maxTries, root)
  }

  return {
    async sample({ signal } = {}) {
      if (isBusy) throw busy()
      isBusy = true
      try {
        return await draw(signal)
      } finally {
        isBusy = false
        world.reader.restart()
      }
    },
    statistics() {
      const { kept, found } = root
      const { nodes, passes } = world
      const isFull = nodes >= settings.mostNodes
      const isExact = isKnown(root) && kept <= found
      return {
        atLeast: found,
        atMost: kept,
        cut: Math.max(0, 1 - kept),
        isExact,
        samples,
        tries,
        passes,
        nodes,
        isFull,
      }
    },
    kept: (tokens) => keptAt(world, tokens),
  }
}

function keptAt({ settings, root, isStop }: World, tokens: ArrayLike<number>): number {
  const matcher = settings.constraint.matcher()
  let node: Prefix | undefined = root
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (!isKnown(node)) return 1
    if (!allowedBy(matcher.mask(), isStop, i + 1 >= settings.maxTokens).has(token)) return 0
    node = node.children.get(token)
    if (node === undefined) return 1
    matcher.advance(token)
  }
  return node.kept
}

function tooManyTries(maxTries: number, { kept }: Prefix): ForetokenError {
  const share = kept.toPrecision(2)
  return new ForetokenError(
    'UNSUPPORTED',
    `No text of the grammar came in ${maxTries} tries; its share of the law is at most ${share}.`,
    {
      fix: 'Call again, since what was rejected stays so; raise maxTries; or take grammarAligned, which needs no tries.',
      details: { limit: 'maxTries', value: maxTries, atMost: kept },
    },
  )
}

function nothingPossible({ kept }: Prefix): ForetokenError {
  return new ForetokenError('EMPTY_SUPPORT', 'No text of the grammar is possible under the model within maxTokens.', {
    fix: 'Raise maxTokens, or loosen the processors of "before".',
    details: { atMost: kept },
  })
}

function busy(): ForetokenError {
  return new ForetokenError('BAD_OPTION', 'rejectionPrefix: sample() was called before the last one ended.', {
    fix: 'Wait for each sample, or make one object for each, with a fork of the model.',
  })
}
