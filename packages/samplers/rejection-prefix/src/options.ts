import {
  badOption,
  checkInteger,
  checkKeys,
  checkNumber,
  ForetokenError,
  type LogitsProcessor,
  type Model,
} from '@foretoken/core'

/** What is asked of the matcher of a constraint; those of `@foretoken/constraint` fit. */
export interface PrefixMatcher {
  /** Tokens allowed next: bit `id % 32` of word `id >> 5`; stop tokens exactly where the text may end. Borrowed. */
  mask(): Uint32Array
  advance(token: number): void
}

/** What is asked of a constraint; those of `constrain()` of `@foretoken/constraint` fit. */
export interface PrefixConstraint {
  readonly vocabulary: { readonly size: number; readonly stopTokens: Int32Array }
  matcher(): PrefixMatcher
}

export interface RejectionPrefixOptions {
  /**
   * Must support `kv:rewind`, and hold nothing but a beginning of the prompt. Between samples it holds the prompt but for its last
   * token.
   */
  readonly model: Model
  /** The grammar. */
  readonly constraint: PrefixConstraint
  /** The context of every sample, [tokens], at least one. */
  readonly prompt: Int32Array
  /** Above 0. The model's law is that of this temperature. Default 1. */
  readonly temperature?: number
  /** What belongs to the model's law, before the temperature: penalties, truncations. Default none. */
  readonly before?: readonly LogitsProcessor[]
  /** The law is that of texts of at most this many tokens, the stop token included. Default: as many as fit behind the prompt. */
  readonly maxTokens?: number
  /** Tries of one sample. Each costs up to as many forward passes as the text has tokens. Default 1,000. */
  readonly maxTries?: number
  /** Prefixes remembered at most, a few hundred bytes each. When they are used up, samples stay exact, and no more is taken off. Default 100,000. */
  readonly mostNodes?: number
  /** Of all randomness, an integer in [0, 2^53). Default 0. */
  readonly seed?: number
}

export type Settings = Required<RejectionPrefixOptions>

const KEYS = ['model', 'constraint', 'prompt', 'temperature', 'before', 'maxTokens', 'maxTries', 'mostNodes', 'seed']
const ME = 'rejectionPrefix'

/** @throws BAD_OPTION, CAPABILITY_MISSING, EMPTY_PROMPT, CONTEXT_FULL, VOCABULARY_MISMATCH. */
export function settingsOf(options: RejectionPrefixOptions): Settings {
  checkKeys(ME, options, KEYS)
  const { model, constraint, prompt, temperature = 1, before = [], seed = 0 } = options
  if (typeof model?.step !== 'function') throw badOption(ME, 'model', 'is none', 'a loaded model')
  if (typeof constraint?.matcher !== 'function') throw badOption(ME, 'constraint', 'is none', 'what constrain() gives')
  checkModel(model, constraint)
  if (!(prompt instanceof Int32Array)) throw badOption(ME, 'prompt', 'is missing', 'its tokens as an Int32Array')
  checkPrompt(prompt, model)
  checkNumber(ME, 'temperature', temperature, 0)
  if (temperature === 0) throw badOption(ME, 'temperature', 'is 0', 'a number above 0: there is no law at 0')
  if (!Array.isArray(before)) throw badOption(ME, 'before', 'is no list', 'a list of processors')
  checkInteger(ME, 'seed', seed, 0)
  const room = model.contextLength - prompt.length + 1
  const { maxTokens = room, maxTries = 1000, mostNodes = 100_000 } = options
  checkInteger(ME, 'maxTokens', maxTokens, 1, room)
  checkInteger(ME, 'maxTries', maxTries, 1)
  checkInteger(ME, 'mostNodes', mostNodes, 1)
  return { model, constraint, prompt: prompt.slice(), temperature, before, maxTokens, maxTries, mostNodes, seed }
}

function checkModel(model: Model, { vocabulary }: PrefixConstraint): void {
  if (!model.supports.has('kv:rewind')) {
    throw new ForetokenError('CAPABILITY_MISSING', 'rejection-prefix requires "kv:rewind"; the model has it not.', {
      fix: 'Load the model on a backend that has it.',
      details: { name: 'rejection-prefix', capability: 'kv:rewind', supports: [...model.supports] },
    })
  }
  if (vocabulary.size <= model.vocabularySize) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The constraint is over ${vocabulary.size} tokens; the model has ${model.vocabularySize}.`,
    { fix: "Make the constraint from the model's own tokenizer." },
  )
}

function checkPrompt(prompt: Int32Array, { length, contextLength, vocabularySize }: Model): void {
  if (prompt.length === 0) {
    throw new ForetokenError('EMPTY_PROMPT', 'The prompt has no tokens; at least one was expected.', {
      fix: 'Begin with the token that begins a text.',
    })
  }
  if (prompt.length > contextLength) {
    throw new ForetokenError(
      'CONTEXT_FULL',
      `The prompt has ${prompt.length} tokens; the model's context holds ${contextLength}.`,
      { fix: 'Shorten the prompt.' },
    )
  }
  if (prompt.length <= length) {
    const expected = `the whole context, longer than the ${length} tokens in the cache`
    throw badOption(ME, 'prompt', `has ${prompt.length} tokens`, expected)
  }
  const stranger = prompt.find((token) => token < 0 || token >= vocabularySize)
  if (stranger !== undefined) throw badOption(ME, 'prompt', `holds token ${stranger}`, `tokens below ${vocabularySize}`)
}
