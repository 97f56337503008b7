/**
 * Drafting with a model of another vocabulary: Timor et al., "Accelerating LLM Inference with Lossless Speculative Decoding
 * Algorithms for Heterogeneous Vocabularies" (2025). Two of its forms, for any lossless verifier:
 * - string-level exact match, SLEM (section 3): drafts text, cut into the target's tokens; a point mass.
 * - token-level intersection, TLI (section 4): q(x) ∝ q'(x) for tokens x in both vocabularies, 0 elsewhere, q' the draft model's.
 */
import {
  argmax,
  categorical,
  type Draft,
  type Drafter,
  type Draws,
  ForetokenError,
  type GoesOn,
  logSumExp,
  type Manifest,
  SPEC_VERSION,
  softmax,
} from '@foretoken/core'
import { bytesOf, checkPrompt, draftCache, draftRows, retokenize, wholeCharacters } from '@foretoken/drafting'
import { followedText } from './followed-text.ts'
import { checkOptions, checkSize, type RetokenizedOptions } from './options.ts'
import { sharedTokens } from './shared-tokens.ts'

/** What retokenized says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'retokenized',
  paper: {
    title: 'Accelerating LLM Inference with Lossless Speculative Decoding Algorithms for Heterogeneous Vocabularies',
    authors: 'Timor, Mamou, Korat, Berchansky, Jain, Pereg, Wasserblat and Harel',
    year: 2025,
    url: 'https://arxiv.org/abs/2502.05202',
    section: 'SLEM and TLI',
  },
  requires: [],
}

const POINT_MASS = { kind: 'point-mass' } as const
const NOTHING: Draft = { tokens: new Int32Array(0), q: POINT_MASS }

/** A room that is known to be at least 1. */
interface Room {
  /** Tokens of the target. */
  readonly tokens: number
  /** Tokens that the draft model's context still takes, the last of which is never fed. */
  readonly context: number
}

/**
 * Drafts a chain with a smaller model whose tokenizer is another than the target's. With `shared-tokens` above temperature 0 its
 * `q` is sparse, a row for each token, borrowed until the next draft; else it is a point mass.
 * @throws BAD_OPTION; CAPABILITY_MISSING when the draft model cannot rewind; VOCABULARY_MISMATCH when a model and its tokenizer do
 * not fit, or no token is shared. `begin` throws VOCABULARY_MISMATCH and EMPTY_PROMPT.
 * @example
 * const drafter = capped(retokenized({ model: small, tokenizers: { draft, target }, written: 6 }), 4)
 */
export function retokenized(options: RetokenizedOptions): Drafter {
  checkOptions(options)
  const { model, tokenizers, form = 'text', written = Infinity } = options
  const cache = draftCache(model)
  const text = followedText(tokenizers.draft, tokenizers.target)
  const drawShared = form === 'text' ? undefined : sharedDrafts(options, cache)
  let mostNodes = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError('DISPOSED', 'The retokenized drafter was used after dispose; an open one was expected.', {
      fix: 'Make a new one with retokenized().',
    })
  }

  /** The draft model's most probable text, up to a token without text. */
  async function write(most: number, goesOn: GoesOn | undefined): Promise<number[]> {
    const bytes: number[] = []
    for (let count = 0; count < most; count++) {
      const logits = await cache.logits()
      const token = argmax(logits)
      const own = bytesOf(tokenizers.draft, token)
      if (own.length === 0) break
      bytes.push(...own)
      cache.push(token)
      if (goesOn && !goesOn(Math.exp(logits[token]! - logSumExp(logits)))) break
    }
    return bytes.slice(0, wholeCharacters(bytes))
  }

  async function draftText({ tokens, context }: Room, goesOn: GoesOn | undefined): Promise<Draft> {
    const most = options.written === undefined ? tokens : written
    const drafted = await write(Math.min(most, context), goesOn)
    if (drafted.length === 0) return NOTHING
    const cut = retokenize(text.tail(), drafted, tokenizers.target).slice(0, tokens)
    return { tokens: Int32Array.from(cut), q: POINT_MASS }
  }

  return {
    manifest,
    begin(prompt, target) {
      use()
      checkSize('target', target.vocabularySize, tokenizers.target)
      checkPrompt(prompt)
      mostNodes = target.maximumRows - 1
      text.begin(prompt)
    },
    async draft(most, draws, goesOn) {
      use()
      const committed = text.draftTokens()
      const room = { tokens: Math.min(most, mostNodes), context: model.contextLength - committed.length + 1 }
      if (committed.length === 0 || room.tokens <= 0 || room.context <= 0) return NOTHING
      cache.setText(0, committed)
      return drawShared ? drawShared(Math.min(room.tokens, room.context), draws, goesOn) : draftText(room, goesOn)
    },
    commit({ tokens }) {
      use()
      text.push(tokens)
    },
    dispose() {
      isDisposed = true
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
    },
  }
}

/** Drafts of tokens that both vocabularies have, behind the text of `cache`. */
function sharedDrafts({ tokenizers, temperature = 0 }: RetokenizedOptions, cache: ReturnType<typeof draftCache>) {
  const shared = sharedTokens(tokenizers.draft, tokenizers.target)
  const rows = draftRows(shared.target.length, shared.target)
  return async (levels: number, draws: Draws, goesOn: GoesOn | undefined): Promise<Draft> => {
    const tokens: number[] = []
    while (tokens.length < levels) {
      const logits = await cache.logits()
      const row = rows.row(tokens.length)
      for (let i = 0; i < row.length; i++) row[i] = logits[shared.draft[i]!]!
      // At temperature 0 the confidence is the probability at temperature 1.
      softmax(row, temperature === 0 ? 1 : temperature, row)
      const column = temperature === 0 ? argmax(row) : categorical(row, draws.uniform(tokens.length))
      tokens.push(shared.target[column]!)
      cache.push(shared.draft[column]!)
      if (goesOn && !goesOn(row[column]!)) break
    }
    return { tokens: Int32Array.from(tokens), q: temperature === 0 ? POINT_MASS : rows.upTo(tokens.length) }
  }
}
