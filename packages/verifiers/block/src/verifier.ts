/**
 * Block verification: Sun, Mendlovic, Leviathan, Aharoni, Ro, Beirami and Suresh, "Block Verification Accelerates Speculative
 * Decoding" (ICLR 2025), Algorithm 2.
 *
 * w_0 = 1, w_i = min(1, w_{i−1} p_{i−1}(x_i) / q_{i−1}(x_i)); Z_i = Σ [w_i p_i − q_i]+; h_i = Z_i / (Z_i + 1 − w_i), h_γ = w_γ;
 * tau is the largest i with u_i < h_i. The corrected token is drawn from norm([w_tau p_tau − q_tau]+), the bonus token from p_γ.
 *
 * Lossless, and never accepts less in expectation than token-wise rejection.
 *
 * Deviations: at temperature 0 and for point masses, where the paper's rule is the token-wise one, the draft is matched with the target's
 * own draws; `h_i` is evaluated from the end, as far as the first test that succeeds.
 */
import {
  badOption,
  ForetokenError,
  isChain,
  type Law,
  type Manifest,
  residual,
  SPEC_VERSION,
  type Verifier,
  type WalkScratch,
  walkScratch,
} from '@foretoken/core'
import { blockWalk } from './walk.ts'

export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'block',
  paper: {
    title: 'Block Verification Accelerates Speculative Decoding',
    authors: 'Ziteng Sun et al.',
    year: 2025,
    url: 'https://arxiv.org/abs/2403.10444',
    section: 'Algorithm 2',
  },
  requires: ['logits:all-positions'],
  guarantee: 'lossless',
}

/**
 * Judges a chain as a whole: keeps the longest prefix whose test succeeds.
 * @throws INVALID_DRAFT from `verify` for a tree.
 */
export function block(): Verifier {
  let scratch: WalkScratch | undefined
  return {
    manifest,
    verify(draft, target, draws) {
      if (!isChain(draft)) {
        throw new ForetokenError('INVALID_DRAFT', 'block met a tree; it decides chains.', {
          fix: 'Draft a chain, or use speculativeSampling() or recursiveRejection(), which decide trees.',
        })
      }
      if (scratch?.row.length !== target.vocabularySize) scratch = walkScratch(target.vocabularySize)
      return blockWalk(draft, target, draws, scratch)
    },
    acceptance,
  }
}

/** Σ min(p, q): what the first token of a chain of any length is kept with. The tokens after it are kept more often than token-wise. */
function acceptance(p: Law, q: Law, candidates: number): number {
  if (candidates !== 1) throw badOption(manifest.name, 'candidates', `is ${candidates}`, '1, since it decides chains')
  return 1 - residual(p, q, 1, new Float64Array(p.length))
}
