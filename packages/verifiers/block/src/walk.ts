/**
 * Block verification: Sun et al., "Block verification accelerates speculative decoding" (ICLR 2025), Algorithm 2. The chain
 * is judged as a whole: it keeps the longest prefix whose test succeeds instead of stopping at the first failure, and never
 * accepts less in expectation than token-wise rejection.
 *
 * w_i = min(1, w_{i−1} · p_{i−1}(x_i) / q_{i−1}(x_i)), w_0 = 1;
 * h_i = Z_i / (Z_i + 1 − w_i) with Z_i = Σ [w_i p_i − q_i]+ for i < γ, and h_γ = w_γ;
 * tau = the largest i with u_i < h_i. A corrected token is drawn from norm([w_tau p_tau − q_tau]+).
 */
import {
  categorical,
  type Draft,
  draftProbability,
  draftRow,
  matchWalk,
  type Outcome,
  residual,
  type TargetRows,
  type VerifyDraws,
  type WalkScratch,
  withoutRejected,
} from '@foretoken/core'

/** Block verification of a chain: lossless for every honest draft. `draft` must be a chain; point masses are matched. */
export function blockWalk(draft: Draft, target: TargetRows, draws: VerifyDraws, scratch: WalkScratch): Outcome {
  if (target.isGreedy || draft.q.kind === 'point-mass') return matchWalk(draft, target, draws)
  const gamma = draft.tokens.length
  const w = [1]
  // Once w is 0 it stays 0, and so does h: nothing beyond can be kept.
  for (let i = 1; i <= gamma && w[i - 1]! > 0; i++) {
    const p = target.probability(i - 2, draft.tokens[i - 1]!)
    w.push(Math.min(1, (w[i - 1]! * p) / draftProbability(draft, i - 1, target.vocabularySize)))
  }
  let tau = w.length - 1
  while (tau > 0 && !(draws.accept(tau - 1) < keepProbability(draft, target, tau, w[tau]!, scratch))) tau--
  const path = Int32Array.from({ length: tau }, (_, i) => i)
  if (tau === gamma) return { path, token: target.sample(tau - 1, draws.sample(tau)), kind: 'bonus' }
  const p = target.probabilities(tau - 1)
  let mass = residual(p, draftRow(draft, tau, scratch.row), 1 / w[tau]!, scratch.weights)
  if (mass <= 0) mass = withoutRejected(p, [draft.tokens[tau]!], scratch.weights)
  return { path, token: categorical(scratch.weights, draws.correct(tau), mass), kind: 'corrected' }
}

/** h_i, with Z_i = w_i · Σ [p_i − q_i / w_i]+. */
function keepProbability(draft: Draft, target: TargetRows, i: number, w: number, scratch: WalkScratch): number {
  if (i === draft.tokens.length || w === 1 || w === 0) return w
  const z = w * residual(target.probabilities(i - 1), draftRow(draft, i, scratch.row), 1 / w, scratch.weights)
  return z / (z + 1 - w)
}
