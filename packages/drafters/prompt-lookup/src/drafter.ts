/**
 * Prompt lookup decoding: the last n tokens are looked up in the text so far, longest n first, and what followed them there is
 * proposed again. It costs microseconds and pays where outputs repeat their input: summaries, edits, code.
 *
 * Deviations: the most recent occurrence is preferred to the first (`prefer`), and a continuation that reaches the end of the
 * text goes on into the draft itself, as in LZ77, so that periodic text is drafted at full length.
 */
import {
  badOption,
  checkInteger,
  checkKeys,
  type Draft,
  type Drafter,
  ForetokenError,
  type Manifest,
  NO_DRAFT,
  SPEC_VERSION,
} from '@foretoken/core'
import { type NgramIndex, ngramIndex } from './ngram-index.ts'

/** What prompt-lookup says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'prompt-lookup',
  paper: {
    title: 'Prompt Lookup Decoding',
    authors: 'Saxena',
    year: 2023,
    url: 'https://github.com/apoorvumang/prompt-lookup-decoding',
  },
  requires: [],
}

export interface PromptLookupOptions {
  /** Longest n-gram that is looked up, at most 16. Default 3. */
  readonly maximumNgram?: number
  /** Shortest n-gram that counts as a match. Default 1. */
  readonly minimumNgram?: number
  /** Which occurrence is continued. Default `latest`. */
  readonly prefer?: 'latest' | 'earliest'
}

/**
 * Drafts a chain by looking up the last n-gram in the text so far. Its `q` is a point mass; without a match it drafts
 * nothing. It drafts as long as there is room: cap it with `capped` or `adaptive`.
 * @throws BAD_OPTION
 * @example
 * const drafter = capped(promptLookup({ maximumNgram: 3 }), 10)
 */
export function promptLookup(options: PromptLookupOptions = {}): Drafter {
  checkKeys('promptLookup', options, ['maximumNgram', 'minimumNgram', 'prefer'])
  const { maximumNgram = 3, minimumNgram = 1, prefer = 'latest' } = options
  checkInteger('promptLookup', 'maximumNgram', maximumNgram, 1, 16)
  checkInteger('promptLookup', 'minimumNgram', minimumNgram, 1, maximumNgram)
  if (prefer !== 'latest' && prefer !== 'earliest') {
    throw badOption('promptLookup', 'prefer', `is ${String(prefer)}`, '"latest" or "earliest"')
  }
  const index = ngramIndex(maximumNgram)
  let mostNodes = 0
  let isDisposed = false

  function use(): void {
    if (!isDisposed) return
    throw new ForetokenError(
      'DISPOSED',
      'The prompt-lookup drafter was used after dispose; an open one was expected.',
      {
        fix: 'Make a new one with promptLookup().',
      },
    )
  }

  function dispose(): void {
    isDisposed = true
    index.clear()
  }

  return {
    manifest,
    begin(prompt, model) {
      use()
      mostNodes = model.maximumRows - 1
      if (!continues(prompt, index)) index.clear()
      for (let i = index.length; i < prompt.length; i++) index.append(prompt[i]!)
    },
    draft(room) {
      use()
      const from = index.find(minimumNgram, prefer)
      return from < 0 ? NO_DRAFT : chain(index, from, Math.min(room, mostNodes))
    },
    commit({ tokens }) {
      use()
      for (const token of tokens) index.append(token)
    },
    dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}

/** True when `prompt` begins with the whole indexed text. */
function continues(prompt: Int32Array, index: NgramIndex): boolean {
  if (index.length > prompt.length) return false
  for (let i = 0; i < index.length; i++) if (index.at(i) !== prompt[i]) return false
  return true
}

/** `count` tokens from `from` on; past the end of the text the draft continues itself. */
function chain(index: NgramIndex, from: number, count: number): Draft {
  const tokens = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const position = from + i
    tokens[i] = position < index.length ? index.at(position) : tokens[position - index.length]!
  }
  return { tokens, q: { kind: 'point-mass' } }
}
