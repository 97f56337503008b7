/**
 * Input-guided aggressive decoding: the output is expected to copy its input, so the rest of the input is drafted. Where the
 * output leaves it, plain steps follow until the output's last 1, 2 or 3 tokens occur at one place of the input only; drafting goes on
 * from there (section 3.1, and section 3.1 of the Shallow Aggressive Decoding of the same authors).
 *
 * Deviations: the model is decoder-only, so the input is a part of the prompt. While the output follows the input, its place is known
 * and not looked up again, since a round has room for a part of the rest only. Several places are no place by default, as in the
 * paper; `realign: 'nearest'` takes the next one after where the output left the input.
 */
import {
  badOption,
  checkInteger,
  checkKeys,
  type Draft,
  type Drafter,
  ForetokenError,
  type Manifest,
  type Model,
  SPEC_VERSION,
} from '@foretoken/core'
import { type Alignment, alignment } from './alignment.ts'
import { follower } from './follower.ts'

/** What aggressive-input says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'aggressive-input',
  paper: {
    title: 'Lossless Acceleration for Seq2seq Generation with Aggressive Decoding',
    authors: 'Ge et al.',
    year: 2022,
    url: 'https://arxiv.org/abs/2205.10350',
    section: 'input-guided aggressive decoding',
  },
  requires: [],
}

export interface AggressiveInputOptions {
  /**
   * The tokens that the output copies, [tokens], or what finds them in a prompt. The output is expected to begin with them.
   * Default: the whole prompt, at whose beginning no output is expected.
   */
  readonly input?: Int32Array | ((prompt: Int32Array) => Int32Array)
  /** Longest n-gram that is looked up to find the place again, 1 to 16. Default 3. */
  readonly maximumNgram?: number
  /** What to do when the output's end occurs at several places. Default `unique`: wait until there is one. */
  readonly realign?: 'unique' | 'nearest'
}

/**
 * Drafts the input from where the output stands in it, as far as there is room. Its `q` is a point mass; a node's confidence grows
 * with the number of tokens copied in a row.
 * @throws BAD_OPTION
 * @example
 * const drafter = aggressiveInput({ input: tokenizer.encode(text) })
 */
export function aggressiveInput(options: AggressiveInputOptions = {}): Drafter {
  const { input, maximumNgram, realign } = checkOptions(options)
  let known: Alignment = alignment(new Int32Array(0), 1)
  let place = follower(known, -1, false)
  let mostNodes = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError(
      'DISPOSED',
      'The aggressive-input drafter was used after dispose; an open one was expected.',
      { fix: 'Make a new one with aggressiveInput().' },
    )
  }

  function dispose(): void {
    isDisposed = true
    known = alignment(new Int32Array(0), 1)
    place = follower(known, -1, false)
  }

  return {
    manifest,
    begin(prompt, model) {
      use()
      const source = typeof input === 'function' ? input(prompt) : (input ?? prompt)
      checkInput(source, model)
      mostNodes = model.maximumRows - 1
      if (!isSame(known.input, source)) known = alignment(source.slice(), maximumNgram)
      place = follower(known, input === undefined ? -1 : 0, realign === 'nearest')
    },
    draft(room): Draft {
      use()
      const { tokens, confidence } = place.rest(Math.min(room, mostNodes))
      return { tokens, q: { kind: 'point-mass' }, confidence }
    },
    commit({ tokens }) {
      use()
      for (const token of tokens) place.advance(token)
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}

function checkOptions(options: AggressiveInputOptions) {
  checkKeys('aggressiveInput', options, ['input', 'maximumNgram', 'realign'])
  const { input, maximumNgram = 3, realign = 'unique' } = options
  checkInteger('aggressiveInput', 'maximumNgram', maximumNgram, 1, 16)
  if (input !== undefined && typeof input !== 'function' && !(input instanceof Int32Array)) {
    throw badOption('aggressiveInput', 'input', `is ${typeof input}`, 'an Int32Array, or a function that gives one')
  }
  if (realign !== 'unique' && realign !== 'nearest') {
    throw badOption('aggressiveInput', 'realign', `is ${String(realign)}`, '"unique" or "nearest"')
  }
  return { input, maximumNgram, realign }
}

/** @throws BAD_OPTION, VOCABULARY_MISMATCH */
function checkInput(input: Int32Array, { vocabularySize }: Model): void {
  if (!(input instanceof Int32Array)) {
    throw badOption('aggressiveInput', 'input', `gave ${typeof input}`, 'a function that gives an Int32Array')
  }
  const stranger = input.find((token) => token < 0 || token >= vocabularySize)
  if (stranger === undefined) return
  throw new ForetokenError(
    'VOCABULARY_MISMATCH',
    `The input holds token ${stranger}; the model has tokens below ${vocabularySize}.`,
    { fix: 'Encode the input with the tokenizer of the model.', details: { token: stranger, vocabularySize } },
  )
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i])
}
