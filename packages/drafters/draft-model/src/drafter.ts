/**
 * Speculative decoding with a draft model: a second, smaller model of the same vocabulary writes the chain, and says
 * from which law it drew each token (Algorithm 1 of the paper, lines 1 to 5).
 *
 * q: the draft model's law after processors and temperature, kept in float32 as it was drawn from. At temperature 0 the
 * token is the argmax and q a point mass. With a draft vocabulary the law is over its tokens alone, and q is 0 elsewhere.
 */
import {
  argmax,
  badOption,
  categorical,
  checkKeys,
  checkNumber,
  type Draft,
  type Drafter,
  type Draws,
  ForetokenError,
  type GoesOn,
  type LogitsProcessor,
  logSumExp,
  type Manifest,
  type Model,
  maximum,
  SPEC_VERSION,
  softmax,
} from '@foretoken/core'
import {
  checkPrompt,
  checkVocabularies,
  draftCache,
  draftRows,
  requireOfDraft,
  type TokenBytes,
} from '@foretoken/drafting'
import { checkVocabulary } from './vocabulary.ts'

/** What draft-model says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'draft-model',
  paper: {
    title: 'Fast Inference from Transformers via Speculative Decoding',
    authors: 'Leviathan, Kalman and Matias',
    year: 2023,
    url: 'https://arxiv.org/abs/2211.17192',
    section: 'Algorithm 1',
  },
  requires: [],
}

export interface DraftModelOptions {
  /** Writes the drafts. Its cache is the drafter's as long as the drafter lives; disposing the model stays with you. */
  readonly model: Model
  /** Of the draft. 0 drafts the most probable tokens, as a point mass. Default 0. */
  readonly temperature?: number | undefined
  /** Applied in order to the draft model's logits, on forks that have seen the text. Default none. */
  readonly processors?: readonly LogitsProcessor[] | undefined
  /** Bytes of both vocabularies' tokens, compared once. Default: only the sizes are compared. */
  readonly tokenBytes?: TokenBytes | undefined
  /**
   * Tokens to draft, ascending; no other is drafted. For models whose head scores these tokens only (`headTokens` of their
   * architecture): the rest of their logits is not read. Default: all.
   */
  readonly vocabulary?: readonly number[] | undefined
}

/**
 * Drafts a chain with a smaller model. Its `q` holds a row for each token, borrowed until the next draft. It drafts as long as
 * there is room, in the target and in the draft model's context, and the caller wants more: cap it with `capped` or `adaptive`.
 * @throws BAD_OPTION; CAPABILITY_MISSING when the draft model cannot rewind. `begin` throws VOCABULARY_MISMATCH and
 * EMPTY_PROMPT.
 * @example
 * const drafter = capped(draftModel({ model: small, temperature: 1 }), 4)
 */
export function draftModel(options: DraftModelOptions): Drafter {
  checkOptions(options)
  const { model, temperature = 0, processors = [], tokenBytes } = options
  const vocabulary = options.vocabulary && Int32Array.from(options.vocabulary)
  const cache = draftCache(model)
  const rows = draftRows(vocabulary?.length ?? model.vocabularySize, vocabulary)
  /** All logits, for processors; those of a vocabulary are picked from them. */
  const whole = vocabulary && processors.length > 0 ? new Float32Array(model.vocabularySize) : undefined
  let forks: LogitsProcessor[] = []
  let committed = 0
  let mostNodes = 0
  let isCompared = false
  let isDisposed = false

  /** The logits after the text and what was drafted, of the tokens that can be drafted, into `row`. */
  async function score(row: Float32Array): Promise<void> {
    const logits = await cache.logits()
    const processed = whole ?? row
    if (vocabulary === undefined || whole !== undefined) processed.set(logits)
    for (const processor of forks) processor.apply(processed)
    if (vocabulary === undefined) return
    const scored = whole ?? logits
    for (let i = 0; i < vocabulary.length; i++) row[i] = scored[vocabulary[i]!]!
  }

  async function write(levels: number, draws: Draws, goesOn: GoesOn | undefined): Promise<Int32Array> {
    const tokens: number[] = []
    try {
      while (tokens.length < levels) {
        const row = rows.row(tokens.length)
        await score(row)
        // Processors may have left nothing to draft.
        if (forks.length > 0 && maximum(row) === -Infinity) break
        const column = chooseColumn(row, temperature, () => draws.uniform(tokens.length))
        const token = vocabulary?.[column] ?? column
        tokens.push(token)
        for (const processor of forks) processor.advance(token)
        cache.push(token)
        if (goesOn && !goesOn(confidence(row, column, temperature))) break
      }
    } finally {
      for (const processor of forks) processor.rollback(tokens.length)
    }
    return Int32Array.from(tokens)
  }

  return {
    manifest,
    begin(prompt, target) {
      use(isDisposed)
      checkVocabularies(model.vocabularySize, target.vocabularySize, isCompared ? undefined : tokenBytes)
      isCompared = true
      checkPrompt(prompt)
      mostNodes = target.maximumRows - 1
      cache.setText(0, prompt)
      committed = prompt.length
      forks = processors.map((processor) => processor.fork())
      for (const processor of forks) for (const token of prompt) processor.advance(token)
    },
    async draft(room, draws, goesOn) {
      use(isDisposed)
      cache.setText(committed, [])
      // The last drafted token is never fed, so it may stand one past the draft model's context.
      const levels = Math.min(room, mostNodes, model.contextLength - committed + 1)
      if (levels <= 0) return NOTHING
      const tokens = await write(levels, draws, goesOn)
      return { tokens, q: temperature === 0 ? POINT_MASS : rows.upTo(tokens.length) }
    },
    commit({ tokens }) {
      use(isDisposed)
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

const POINT_MASS = { kind: 'point-mass' } as const
const NOTHING: Draft = { tokens: new Int32Array(0), q: POINT_MASS }

/** Draws a column of `row`: logits on entry, above temperature 0 the law that was drawn from on return. */
function chooseColumn(row: Float32Array, temperature: number, uniform: () => number): number {
  if (temperature === 0) return argmax(row)
  softmax(row, temperature, row)
  return categorical(row, uniform())
}

/** The draft model's probability of `column`; `row` as `chooseColumn` left it. At temperature 0 that of temperature 1. */
function confidence(row: Float32Array, column: number, temperature: number): number {
  return temperature === 0 ? Math.exp(row[column]! - logSumExp(row)) : row[column]!
}

function checkOptions(options: DraftModelOptions): void {
  checkKeys('draftModel', options, ['model', 'temperature', 'processors', 'tokenBytes', 'vocabulary'])
  const { model, temperature, vocabulary } = options
  if (model === undefined) throw badOption('draftModel', 'model', 'is missing', 'the model that writes the drafts')
  checkNumber('draftModel', 'temperature', temperature, 0)
  checkVocabulary(vocabulary, model.vocabularySize)
  requireOfDraft('draft-model', model, 'kv:rewind')
}

function use(isDisposed: boolean): void {
  if (!isDisposed) return
  throw new ForetokenError('DISPOSED', 'The draft-model drafter was used after dispose; an open one was expected.', {
    fix: 'Make a new one with draftModel().',
  })
}
