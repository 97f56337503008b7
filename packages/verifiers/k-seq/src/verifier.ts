/**
 * k-SEQ over independent chains: Sun, Suresh, Ro, Beirami, Jain and Yu, "SpecTr: Fast Speculative Decoding via Optimal Transport"
 * (NeurIPS 2023), Algorithms 2 and 3.
 *
 * At a position with k candidates drawn independently from q: accept X_j with min(1, p(X_j) / (rho q(X_j))), stop at the first one;
 * else emit y ~ norm([p − rho q]+), with the smallest rho in [1, k] for which 1 − (1 − beta)^k ≤ rho beta,
 * beta = Σ min(q, p / rho). Within 1 − (1 − 1/k)^k of the best that any lossless rule can accept.
 *
 * Deviations: rho is solved by the secant method inside the paper's bisection, and only where its bounds leave a test open; at temperature 0 and for point masses the target's own draw
 * is matched, since a damped ratio may reject the right token; siblings without replacement, for which the rule would be
 * biased, are decided by recursive rejection.
 */
import { type Manifest, SPEC_VERSION, type Verifier, type WalkScratch, walkScratch } from '@foretoken/core'
import { damping } from './damping.ts'
import { kSeqWalk } from './walk.ts'

export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'k-seq',
  paper: {
    title: 'SpecTr: Fast Speculative Decoding via Optimal Transport',
    authors: 'Ziteng Sun et al.',
    year: 2023,
    url: 'https://arxiv.org/abs/2310.15141',
    section: 'Algorithms 2 and 3',
  },
  requires: ['logits:all-positions'],
  guarantee: 'lossless',
}

/** Decides several chains drawn independently, and every other draft: greedy-exact at temperature 0, lossless above. */
export function kSeq(): Verifier {
  let scratch: WalkScratch | undefined
  return {
    manifest,
    verify(draft, target, draws) {
      if (scratch?.row.length !== target.vocabularySize) scratch = walkScratch(target.vocabularySize)
      return kSeqWalk(draft, target, draws, scratch)
    },
    /** 1 − (1 − beta)^k, for independent candidates. */
    acceptance: (p, q, candidates) => damping(p, q, candidates).acceptance,
  }
}
