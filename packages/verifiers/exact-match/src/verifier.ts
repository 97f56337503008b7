/**
 * Exact matching: the target's own token is drawn at each node, and the path goes on while the draft has it; the naive
 * sampling of Miao et al., "SpecInfer" (ASPLOS 2024), section 4.3, with the uniform of each position fixed by seed and position.
 *
 * t_i = sample(p_i, u_i); accept while t_i is a child of the node; else emit t_i.
 *
 * Needs no q, so any draft will do, and the output is the plain sampled run of the same seed, token for token. Accepts
 * x with p(x), less often than rejection sampling.
 */
import { type Law, type Manifest, matchWalk, SPEC_VERSION, type Verifier } from '@foretoken/core'

export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'exact-match',
  paper: {
    title:
      'SpecInfer: Accelerating Large Language Model Serving with Tree-based Speculative Inference and Verification',
    authors: 'Xupeng Miao et al.',
    year: 2024,
    url: 'https://arxiv.org/abs/2305.09781',
    section: 'section 4.3, naive sampling',
  },
  requires: ['logits:all-positions'],
  guarantee: 'lossless',
}

/** Reproduces the plain run of the same seed, at any temperature, with any draft. */
export function exactMatch(): Verifier {
  return { manifest, verify: matchWalk, acceptance }
}

/** Σ p (1 − (1 − q)^k): the target's token is among k independent candidates; Σ p q for one. */
function acceptance(p: Law, q: Law, candidates: number): number {
  let sum = 0
  for (let x = 0; x < p.length; x++) sum += p[x]! * (1 - (1 - q[x]!) ** candidates)
  return sum
}
