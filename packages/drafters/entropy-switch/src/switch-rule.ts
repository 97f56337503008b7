import { type Law, logSumExp } from '@foretoken/core'

export type Writer = 'small' | 'large'

/** State after each token; never changed in place, so that a draft can look ahead. */
export interface SwitchState {
  /** Who writes the next token. */
  readonly active: Writer
  /** Entropies of the last tokens in bits, [at most window], whoever wrote them. */
  readonly recent: readonly number[]
  /** Tokens since the last switch. */
  readonly since: number
}

export interface SwitchRule {
  /** tau, in bits. */
  readonly threshold: number
  /** w, in tokens. */
  readonly window: number
  /** d_min, in tokens. */
  readonly dwell: number
}

/** The small model begins. */
export const START: SwitchState = { active: 'small', recent: [], since: 0 }

/** H = −Σ p log2 p of the softmax of raw logits, [vocabularySize], in bits. */
export function entropyInBits(logits: Law): number {
  const logZ = logSumExp(logits)
  let mean = 0
  for (let x = 0; x < logits.length; x++) {
    const logit = logits[x]!
    if (logit > -Infinity) mean += Math.exp(logit - logZ) * logit
  }
  return (logZ - mean) / Math.LN2
}

/**
 * Who writes the token after one of this entropy: the large model while the mean of the last `window` entropies is at least
 * `threshold`, and the small one while it is below; no change before `window` tokens are there and `dwell` have passed since the last.
 */
export function afterToken(state: SwitchState, entropy: number, rule: SwitchRule): SwitchState {
  const { threshold, window, dwell } = rule
  const recent = [...state.recent, entropy].slice(-window)
  const since = state.since + 1
  if (recent.length < window || since < dwell) return { active: state.active, recent, since }
  const mean = recent.reduce((sum, each) => sum + each, 0) / window
  const active = mean >= threshold ? 'large' : 'small'
  return { active, recent, since: active === state.active ? since : 0 }
}
