/**
 * Speculative sampling: Leviathan, Kalman and Matias, "Fast inference from transformers via speculative decoding" (ICML
 * 2023), Algorithm 1; the same rule as Chen et al., "Accelerating large language model decoding with speculative
 * sampling" (2023), Algorithm 2.
 *
 * A drafted token x is accepted with probability min(1, p(x) / q(x)); after a rejection the corrected token is drawn from
 * norm([p − q]+); when the whole draft is accepted a bonus token is drawn from p. Trees are walked by recursive rejection
 * over siblings (SpecInfer with replacement, Sequoia without); point masses are matched with a draw from p.
 *
 * Deviation: q is the law the drafter declares with each draft, never recomputed; at temperature 0 no probabilities are
 * used at all.
 */
import {
  type Law,
  type Manifest,
  rejectionWalk,
  residual,
  SPEC_VERSION,
  type Verifier,
  type WalkScratch,
  walkScratch,
} from '@foretoken/core'

export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'speculative-sampling',
  paper: {
    title: 'Fast Inference from Transformers via Speculative Decoding',
    authors: 'Yaniv Leviathan, Matan Kalman, Yossi Matias',
    year: 2023,
    url: 'https://arxiv.org/abs/2211.17192',
    section: 'Algorithm 1',
  },
  requires: ['logits:all-positions'],
  guarantee: 'lossless',
}

/** Token-wise rejection sampling of chains and trees: greedy-exact at temperature 0, lossless above. */
export function speculativeSampling(): Verifier {
  let scratch: WalkScratch | undefined
  return {
    manifest,
    verify(draft, target, draws) {
      if (scratch?.row.length !== target.vocabularySize) scratch = walkScratch(target.vocabularySize)
      return rejectionWalk(draft, target, draws, scratch)
    },
    acceptance,
  }
}

/**
 * 1 − Σ [p − c q]+, where c starts at 0 and each candidate adds the mass left before it: Σ min(p, q) for one candidate. For
 * independent siblings, recursive rejection with replacement.
 */
function acceptance(p: Law, q: Law, candidates: number): number {
  const weights = new Float64Array(p.length)
  let factor = 0
  let mass = 1
  for (let candidate = 0; candidate < candidates; candidate++) {
    factor += mass
    mass = residual(p, q, factor, weights)
  }
  return 1 - mass
}
