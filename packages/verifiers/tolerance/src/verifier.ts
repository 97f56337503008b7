/**
 * GAD++ verification: Xia, Ge, Wang, Chen, Wei and Sui, "Speculative Decoding: Exploiting Speculative Execution for Accelerating
 * Seq2seq Generation" (EMNLP Findings 2023; first as "Lossless Speedup of Autoregressive Translation with Generalized Aggressive
 * Decoding", 2022), section 3.3; also in Ge et al., "Lossless Acceleration for Seq2seq Generation with Aggressive
 * Decoding" (2022).
 *
 * A drafted token d is accepted when it is among the beta best of its row and score(best) − score(d) ≤ tau, where scores are
 * log-probabilities: their differences are those of logits. The first token that fails is replaced by the best one.
 *
 * Lossy, also at temperature 0; with beta = 1 the greedy tokens.
 *
 * Deviations: above temperature 0, of which the paper says nothing, the token after the path is drawn from the target's law, and scores
 * remain the logits before temperature; of several tolerated siblings of a tree the best one is kept.
 */
import {
  argmax,
  checkInteger,
  checkKeys,
  checkNumber,
  type Law,
  type Manifest,
  nextChild,
  type Outcome,
  SPEC_VERSION,
  type Verifier,
} from '@foretoken/core'
import { isTolerated } from './tolerated.ts'

export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'tolerance',
  paper: {
    title: 'Lossless Acceleration for Seq2seq Generation with Aggressive Decoding',
    authors: 'Tao Ge et al.',
    year: 2022,
    url: 'https://arxiv.org/abs/2205.10350',
    section: 'generalized aggressive decoding, GAD++',
  },
  requires: ['logits:all-positions'],
  guarantee: 'lossy',
  changes:
    "Drafted tokens are kept when they are nearly as good as the target's best one, so the output differs from greedy decoding and, above temperature 0, from the target's law.",
}

export interface ToleranceOptions {
  /** Ranks that are tolerated: 1 is greedy decoding. Default 5. */
  readonly beta?: number
  /** How far below the best a token may be, in nats; Infinity for any distance. Default 3. */
  readonly tau?: number
}

/**
 * Keeps drafted tokens that are among the target's `beta` best and within `tau` of the best.
 * @throws BAD_OPTION.
 */
export function tolerance(options: ToleranceOptions = {}): Verifier {
  checkKeys(manifest.name, options, ['beta', 'tau'])
  checkInteger(manifest.name, 'beta', options.beta, 1)
  if (options.tau !== Infinity) checkNumber(manifest.name, 'tau', options.tau, 0)
  const { beta = 5, tau = 3 } = options
  return {
    manifest,
    verify(draft, target, draws): Outcome {
      const path: number[] = []
      for (let node = -1; ; ) {
        const first = nextChild(draft, node)
        let kept = -1
        for (let child = first; child >= 0; child = nextChild(draft, node, child)) {
          const scores = target.logits(node)
          const token = draft.tokens[child]!
          const isBetter = kept < 0 || scores[token]! > scores[draft.tokens[kept]!]!
          if (isBetter && isTolerated(scores, target.argmax(node), token, beta, tau)) kept = child
        }
        if (kept < 0) {
          const token = target.sample(node, draws.sample(path.length))
          return { path: Int32Array.from(path), token, kind: first < 0 ? 'bonus' : 'corrected' }
        }
        path.push(kept)
        node = kept
      }
    },
    /** Probability that one of independent candidates is tolerated; p is the softmax at temperature 1. */
    acceptance(p: Law, q: Law, candidates: number) {
      const scores = Float64Array.from(p, Math.log)
      const best = argmax(scores)
      let share = 0
      for (let x = 0; x < p.length; x++) if (isTolerated(scores, best, x, beta, tau)) share += q[x]!
      return 1 - (1 - share) ** candidates
    },
  }
}
