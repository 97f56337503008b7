import { ForetokenError } from '@foretoken/core'
import type { TextTokenizer } from '@foretoken/drafting'

/** Tokens that both vocabularies have, as pairs of ids: token i of the one is token i of the other. */
export interface SharedTokens {
  readonly draft: Int32Array
  /** Ascending. */
  readonly target: Int32Array
}

/**
 * Pairs the tokens of equal bytes. Special tokens have none and are not shared. Of several tokens with the same bytes the last
 * counts: vocabularies list their single bytes first.
 * @throws VOCABULARY_MISMATCH when no token is shared.
 */
export function sharedTokens(draft: TextTokenizer, target: TextTokenizer): SharedTokens {
  const drafts = idsByBytes(draft)
  const pairs = [...idsByBytes(target)].flatMap(([key, id]) => {
    const mine = drafts.get(key)
    return mine === undefined ? [] : [{ draft: mine, target: id }]
  })
  pairs.sort((a, b) => a.target - b.target)
  if (pairs.length > 0) {
    return {
      draft: Int32Array.from(pairs, (pair) => pair.draft),
      target: Int32Array.from(pairs, (pair) => pair.target),
    }
  }
  throw new ForetokenError('VOCABULARY_MISMATCH', 'The vocabularies share no token; at least one was expected.', {
    fix: "Use form: 'text', or another draft model.",
    details: { draftSize: draft.vocabularySize, targetSize: target.vocabularySize },
  })
}

function idsByBytes({ vocabularySize, tokenBytes }: TextTokenizer): Map<string, number> {
  const ids = new Map<string, number>()
  for (let id = 0; id < vocabularySize; id++) {
    const bytes = tokenBytes(id)
    if (bytes.length > 0) ids.set(String.fromCharCode(...bytes), id)
  }
  return ids
}
