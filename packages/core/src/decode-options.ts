import { type Composition, compose } from './compose.ts'
import type { Drafter } from './drafter.ts'
import { ForetokenError } from './errors.ts'
import type { Model } from './model.ts'
import { badOption, checkInteger, checkKeys, checkNumber } from './options.ts'
import type { LogitsProcessor, Sampler } from './sampler.ts'
import type { Verifier } from './verifier.ts'

/** Options of `decode` and `generate`. None of the parts is disposed. */
export interface DecodeOptions {
  /** Holds `model.length` tokens of `prompt` already; the rest is fed. Afterwards it holds all but the last token. */
  readonly model: Model
  /** The whole context, [tokens]; longer than `model.length`. */
  readonly prompt: Int32Array
  /** Default: none, plain decoding. */
  readonly drafter?: Drafter | undefined
  /** Milliseconds after which a drafter that does not answer is left out. Default 60,000. */
  readonly patience?: number | undefined
  /** Needed with a drafter. */
  readonly verifier?: Verifier | undefined
  /** 0 means the most probable token. Applied after the processors. Default 0. */
  readonly temperature?: number | undefined
  /** Applied in order to each row of logits, on forks that have seen the context. Default none. */
  readonly processors?: readonly LogitsProcessor[] | undefined
  /** Default `categorical`. */
  readonly sampler?: Sampler | undefined
  /** An integer in [0, 2^53). Default 0. */
  readonly seed?: number | undefined
  /** Most new tokens, at least 1. Default and limit: until the context is full. */
  readonly maxTokens?: number | undefined
  /** The first one ends the stream; it is the last of the token ids and not part of the text. Default none. */
  readonly stopTokens?: Int32Array | undefined
  /** The first one ends the stream; the text ends before it. Needs `tokenBytes`. Default none. */
  readonly stopStrings?: readonly string[] | undefined
  /** Bytes of a token, for text. Default: runs have no text. */
  readonly tokenBytes?: ((token: number) => Uint8Array) | undefined
  /** How many log-probabilities to give for each token. Default 0: none. */
  readonly topLogProbabilities?: number | undefined
  /** Ends the stream with `ABORTED` between forward passes; the model stays usable. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds, for statistics. Default `performance.now`. */
  readonly clock?: (() => number) | undefined
}

const KEYS = [
  'model',
  'prompt',
  'drafter',
  'patience',
  'verifier',
  'temperature',
  'processors',
  'sampler',
  'seed',
  'maxTokens',
  'stopTokens',
  'stopStrings',
  'tokenBytes',
  'topLogProbabilities',
  'signal',
  'clock',
] as const satisfies readonly (keyof DecodeOptions)[]

/** The parts that fit, and how many tokens may be generated. */
export interface DecodeParts extends Composition {
  readonly limit: number
}

/**
 * Checks the options and the parts' fit.
 * @throws BAD_OPTION, EMPTY_PROMPT, CONTEXT_FULL, and what `compose` throws.
 */
export function checkDecodeOptions(options: DecodeOptions): DecodeParts {
  checkKeys('decode', options, KEYS)
  checkNumber('decode', 'temperature', options.temperature, 0)
  checkNumber('decode', 'patience', options.patience, 0, 2 ** 31 - 1)
  checkInteger('decode', 'seed', options.seed, 0)
  checkInteger('decode', 'maxTokens', options.maxTokens, 1)
  checkInteger('decode', 'topLogProbabilities', options.topLogProbabilities, 0, options.model.vocabularySize)
  checkPrompt(options.prompt, options.model)
  for (const stop of options.stopStrings ?? []) {
    if (stop === '')
      throw badOption('decode', 'stopStrings', 'holds an empty string', 'strings of at least one character')
    if (!options.tokenBytes) throw badOption('decode', 'stopStrings', 'has no tokenBytes', '"tokenBytes" beside it')
  }
  const context = options.model.contextLength - options.prompt.length + 1
  return { ...compose(options), limit: Math.min(options.maxTokens ?? context, context) }
}

function checkPrompt(prompt: Int32Array, model: Model): void {
  const { length } = prompt
  if (length === 0) {
    throw new ForetokenError('EMPTY_PROMPT', 'The prompt has no tokens; at least one was expected.', {
      fix: 'Begin with a token, such as the beginning-of-sequence token.',
    })
  }
  if (length > model.contextLength) {
    const { contextLength } = model
    const message = `The prompt has ${length} tokens; the model's context holds ${contextLength}.`
    const fix = 'Shorten the prompt.'
    throw new ForetokenError('CONTEXT_FULL', message, { fix, details: { prompt: length, contextLength } })
  }
  if (length <= model.length) {
    const expected = `the whole context, longer than the ${model.length} tokens in the cache`
    throw badOption('decode', 'prompt', `has ${length} tokens`, expected)
  }
  const stranger = prompt.find((token) => token < 0 || token >= model.vocabularySize)
  if (stranger !== undefined) {
    throw badOption('decode', 'prompt', `holds token ${stranger}`, `tokens below ${model.vocabularySize}`)
  }
}
