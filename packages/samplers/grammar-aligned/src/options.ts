import { badOption, checkInteger, checkKeys, checkNumber, type LogitsProcessor } from '@foretoken/core'

/** What is asked of the matcher of a constraint; those of `@foretoken/constraint` fit. */
export interface AlignedMatcher {
  /** Tokens advanced by. */
  readonly length: number
  /** Whether a stop token has ended the text. */
  readonly isFinished: boolean
  /** Tokens allowed next: bit `id % 32` of word `id >> 5`; stop tokens exactly where the text may end. Borrowed. */
  mask(): Uint32Array
  isAllowed(token: number): boolean
  advance(token: number): void
  rollback(n: number): void
  fork(): AlignedMatcher
}

/** What is asked of a constraint; those of `constrain()` of `@foretoken/constraint` fit. */
export interface AlignedConstraint {
  readonly name: string
  readonly vocabulary: { readonly size: number; readonly stopTokens: Int32Array }
  matcher(): AlignedMatcher
}

export interface GrammarAlignedOptions {
  /** The grammar. */
  readonly constraint: AlignedConstraint
  /** The context of every sample, [tokens]. Samples with another one need an object of their own. */
  readonly prompt: Int32Array
  /** Above 0. The model's law is that of this temperature. Default 1. */
  readonly temperature?: number
  /**
   * What belongs to the model's law: penalties, and truncations such as top-k and top-p. They see raw logits, before the
   * grammar. Default none.
   */
  readonly before?: readonly LogitsProcessor[]
  /**
   * The law is that of texts of the grammar of at most this many tokens, the stop token included. Default: any length; texts
   * that `decode` cuts are then taken for completions still to come.
   */
  readonly maxTokens?: number
  /**
   * `aligned`: the model's law, given that the text is in the grammar. `masked`: masked step by step, which bends the law; what was
   * cut is counted all the same. Default `aligned`.
   */
  readonly law?: 'aligned' | 'masked'
  /** Prefixes remembered at most, about 200 bytes each. When they are used up, bounds stay true and learning ends. Default 100,000. */
  readonly mostNodes?: number
  /** What `save()` gave, of the same model, prompt, constraint, temperature, `before` and `maxTokens`. */
  readonly saved?: SavedAlignment
}

/** What was learned, as plain JSON. */
export interface SavedAlignment {
  readonly version: 1
  readonly constraint: string
  readonly vocabularySize: number
  readonly prompt: readonly number[]
  readonly temperature: number
  readonly maxTokens: number | null
  /** Names of the processors of `before`. */
  readonly before: readonly string[]
  /** Index of each node's parent, −1 for the root, parents first, [nodes]. */
  readonly parents: readonly number[]
  /** [nodes] */
  readonly tokens: readonly number[]
  /** P(token | parent), null where unknown, [nodes]. */
  readonly probabilities: readonly (number | null)[]
  /** P(allowed | prefix), null where unknown, [nodes]. */
  readonly legal: readonly (number | null)[]
  /** [nodes] */
  readonly stops: readonly number[]
  /** [nodes] */
  readonly choices: readonly number[]
}

const KEYS = ['constraint', 'prompt', 'temperature', 'before', 'maxTokens', 'law', 'mostNodes', 'saved']

export type Settings = Required<Omit<GrammarAlignedOptions, 'saved' | 'maxTokens'>> & {
  /** Infinity: any length. */
  readonly maxTokens: number
}

/** @throws BAD_OPTION */
export function settingsOf(options: GrammarAlignedOptions): Settings {
  checkKeys('grammarAligned', options, KEYS)
  const { constraint, prompt, temperature = 1, before = [], maxTokens, law = 'aligned', mostNodes = 100_000 } = options
  if (typeof constraint?.matcher !== 'function') {
    throw badOption('grammarAligned', 'constraint', 'is none', 'what constrain() gives')
  }
  if (!(prompt instanceof Int32Array)) {
    throw badOption('grammarAligned', 'prompt', 'is missing', "the prompt's tokens as an Int32Array")
  }
  checkNumber('grammarAligned', 'temperature', temperature, 0)
  if (!(temperature > 0)) {
    throw badOption('grammarAligned', 'temperature', `is ${temperature}`, 'a number above 0: there is no law at 0')
  }
  checkInteger('grammarAligned', 'maxTokens', maxTokens, 1)
  checkInteger('grammarAligned', 'mostNodes', mostNodes, 1)
  if (law !== 'aligned' && law !== 'masked') {
    throw badOption('grammarAligned', 'law', `is ${String(law)}`, '"aligned" or "masked"')
  }
  return { constraint, prompt: prompt.slice(), temperature, before, maxTokens: maxTokens ?? Infinity, law, mostNodes }
}
