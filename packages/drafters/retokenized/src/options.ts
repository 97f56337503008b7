import { badOption, checkInteger, checkKeys, checkNumber, ForetokenError, type Model } from '@foretoken/core'
import { requireOfDraft, type TextTokenizer } from '@foretoken/drafting'

export interface RetokenizedOptions {
  /** Writes the drafts. Its cache is the drafter's as long as the drafter lives; disposing the model stays with you. */
  readonly model: Model
  /** The draft model's and the target's. */
  readonly tokenizers: { readonly draft: TextTokenizer; readonly target: TextTokenizer }
  /**
   * `text`: drafts the draft model's most probable text, cut into the target's tokens. `shared-tokens`: drafts only tokens that
   * both vocabularies have, with their law. Default `text`.
   */
  readonly form?: 'text' | 'shared-tokens' | undefined
  /** Of the draft, with `shared-tokens` only. 0 drafts the most probable shared tokens, as a point mass. Default 0. */
  readonly temperature?: number | undefined
  /** Tokens that the draft model writes in a round at most, with `text`. Default: as many as there is room for. */
  readonly written?: number | undefined
}

/** @throws BAD_OPTION; CAPABILITY_MISSING; VOCABULARY_MISMATCH when the draft model scores fewer tokens than its tokenizer has. */
export function checkOptions(options: RetokenizedOptions): void {
  checkKeys('retokenized', options, ['model', 'tokenizers', 'form', 'temperature', 'written'])
  const { model, tokenizers, form = 'text', temperature = 0, written } = options
  if (model === undefined) throw badOption('retokenized', 'model', 'is missing', 'the model that writes the drafts')
  if (tokenizers?.draft === undefined || tokenizers.target === undefined) {
    throw badOption('retokenized', 'tokenizers', 'lacks one', '{ draft, target }')
  }
  if (form !== 'text' && form !== 'shared-tokens') {
    throw badOption('retokenized', 'form', `is ${String(form)}`, "'text' or 'shared-tokens'")
  }
  checkNumber('retokenized', 'temperature', temperature, 0)
  checkInteger('retokenized', 'written', written, 1)
  if (form === 'text' && temperature > 0) {
    throw badOption(
      'retokenized',
      'temperature',
      `is ${temperature}`,
      "0, since text is not drawn; or form: 'shared-tokens'",
    )
  }
  requireOfDraft('retokenized', model, 'kv:rewind')
  checkSize('draft model', model.vocabularySize, tokenizers.draft)
}

/** @throws VOCABULARY_MISMATCH when a model scores fewer tokens than its tokenizer has. */
export function checkSize(whose: string, size: number, { vocabularySize }: TextTokenizer): void {
  if (size >= vocabularySize) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The ${whose} scores ${size} tokens and its tokenizer has ${vocabularySize}; at most as many were expected.`,
    { fix: 'Give each model’s own tokenizer.', details: { size, vocabularySize } },
  )
}
