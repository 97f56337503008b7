/**
 * Recursive rejection sampling over siblings drawn without replacement: Jeon, Gagrani, Goel, Park, Lee and Lott, "Recursive
 * Speculative Decoding: Accelerating LLM Inference via Sampling Without Replacement" (2024), Algorithms 1 and 2; the rule is also
 * Sequoia's.
 *
 * P = p, Q = q at each node; for each child X in the order of sampling: accept with min(1, P(X) / Q(X)) and descend; else
 * P = norm([P − Q]+), Q(X) = 0, Q = norm(Q). When all children failed, the corrected token is drawn from P.
 *
 * The kernel is core's `rejectionWalk`, which keeps the rule for siblings with replacement, too; what this package adds is how
 * often it accepts. Deviation: point masses are matched with the target's own draw, which is the same law.
 */
import {
  type Law,
  type Manifest,
  rejectionWalk,
  SPEC_VERSION,
  type Verifier,
  type WalkScratch,
  walkScratch,
} from '@foretoken/core'
import { acceptance } from './acceptance.ts'

export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'recursive-rejection',
  paper: {
    title: 'Recursive Speculative Decoding: Accelerating LLM Inference via Sampling Without Replacement',
    authors: 'Wonseok Jeon et al.',
    year: 2024,
    url: 'https://arxiv.org/abs/2402.14160',
    section: 'recursive rejection sampling',
  },
  requires: ['logits:all-positions'],
  guarantee: 'lossless',
}

/** Decides trees whose siblings were drawn without replacement, and every other draft: greedy-exact at temperature 0, lossless above. */
export function recursiveRejection(): Verifier {
  let scratch: WalkScratch | undefined
  return {
    manifest,
    verify(draft, target, draws) {
      if (scratch?.row.length !== target.vocabularySize) scratch = walkScratch(target.vocabularySize)
      return rejectionWalk(draft, target, draws, scratch)
    },
    acceptance: (p: Law, q: Law, candidates: number) => acceptance(p, q, candidates),
  }
}
