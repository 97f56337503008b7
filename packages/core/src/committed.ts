import type { Draft } from './drafter.ts'
import { rows } from './feed.ts'
import type { Target, TokenLogProbabilities } from './target.ts'
import type { Outcome } from './verifier.ts'

/** How a token came about: `plain` when its round had no draft. */
export type Fate = 'accepted' | 'corrected' | 'bonus' | 'plain'

/** The accepted path's tokens, then the corrected or bonus token, [accepted + 1]. */
export function committedTokens(draft: Draft, outcome: Outcome): Int32Array {
  const tokens = new Int32Array(outcome.path.length + 1)
  outcome.path.forEach((node, i) => {
    tokens[i] = draft.tokens[node]!
  })
  tokens[outcome.path.length] = outcome.token
  return tokens
}

/** Rows of a step to keep: the pending ones up to `base`, then the path's, [base + 1 + path]. */
export function committedRows(base: number, path: Int32Array): Int32Array {
  const kept = rows(0, base + 1 + path.length)
  path.forEach((node, i) => {
    kept[base + 1 + i] = base + 1 + node
  })
  return kept
}

/** Fates of the first `kept` committed tokens. */
export function fatesOf(draft: Draft, outcome: Outcome, kept: number): Fate[] {
  const last = draft.tokens.length === 0 ? 'plain' : outcome.kind
  return Array.from({ length: kept }, (_, i) => (i < outcome.path.length ? 'accepted' : last))
}

/** The `n` top log-probabilities at each kept token; nothing when `n` is 0. */
export function logProbabilitiesOf(
  target: Target,
  path: Int32Array,
  tokens: Int32Array,
  n = 0,
): { readonly logProbabilities?: readonly TokenLogProbabilities[] } {
  if (n === 0) return {}
  return { logProbabilities: Array.from(tokens, (token, i) => target.logProbabilities(path[i - 1] ?? -1, token, n)) }
}
