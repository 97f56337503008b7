/**
 * Typical acceptance: Cai, Li, Geng, Peng, Lee, Chen and Dao, "Medusa: Simple LLM Inference Acceleration Framework with Multiple
 * Decoding Heads" (ICML 2024), section 2.3.1.
 *
 * A drafted token x is accepted when p(x) > min(epsilon, delta · exp(−H(p))), H(p) = −Σ p log(p + 1e-5): likely enough, or as
 * likely as anything can be where the target is unsure. Of a tree the longest path of accepted tokens is kept, on ties the one
 * with the larger Σ log p. The token after it is the target's most probable one.
 *
 * Lossy: the law of the output is not the target's. Needs no q.
 *
 * Deviations: the path may be empty, since the token before it was decided in the round before; at temperature 0, where the rule accepts the most
 * probable token alone, no probabilities are computed; `next: 'sampled'` draws the token after the path.
 */
import {
  badOption,
  checkKeys,
  checkNumber,
  type Draft,
  type Law,
  type Manifest,
  matchWalk,
  nextChild,
  type Outcome,
  parentOf,
  pathTo,
  SPEC_VERSION,
  type TargetRows,
  type Verifier,
} from '@foretoken/core'
import { threshold } from './threshold.ts'

export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'verifier',
  name: 'typical',
  paper: {
    title: 'Medusa: Simple LLM Inference Acceleration Framework with Multiple Decoding Heads',
    authors: 'Tianle Cai et al.',
    year: 2024,
    url: 'https://arxiv.org/abs/2401.10774',
    section: 'section 2.3.1',
  },
  requires: ['logits:all-positions'],
  guarantee: 'lossy',
  changes:
    'Above temperature 0, drafted tokens are kept whenever the target finds them likely enough, and the others are its most probable ones, so the output does not follow its law.',
}

export interface TypicalOptions {
  /** A token is accepted above this probability, whatever the entropy; in (0, 1]. Default 0.09. */
  readonly epsilon?: number
  /** Scales the threshold where the target is unsure, above 0; the paper takes the root of `epsilon`. Default 0.3. */
  readonly delta?: number
  /** The token after the accepted path: the target's most probable one, or drawn from its law. Default `greedy`. */
  readonly next?: 'greedy' | 'sampled'
}

/**
 * Keeps drafted tokens that are typical of the target.
 * @throws BAD_OPTION.
 */
export function typical(options: TypicalOptions = {}): Verifier {
  checkKeys(manifest.name, options, ['epsilon', 'delta', 'next'])
  checkNumber(manifest.name, 'epsilon', options.epsilon, Number.MIN_VALUE, 1)
  checkNumber(manifest.name, 'delta', options.delta, Number.MIN_VALUE)
  const { epsilon = 0.09, delta = 0.3, next = 'greedy' } = options
  if (next !== 'greedy' && next !== 'sampled') {
    throw badOption(manifest.name, 'next', `is ${String(next)}`, "'greedy' or 'sampled'")
  }

  /** Scores of one round: log p of an accepted token, −Infinity of any other. Each node's threshold is computed once, when needed. */
  function scores(target: TargetRows): Score {
    const least: (number | undefined)[] = []
    return (parent, token) => {
      const p = target.probability(parent, token)
      if (p > epsilon) return Math.log(p)
      least[parent + 1] ??= threshold(target.probabilities(parent), epsilon, delta)
      return p > least[parent + 1]! ? Math.log(p) : -Infinity
    }
  }

  return {
    manifest,
    verify(draft, target, draws): Outcome {
      if (target.isGreedy) return matchWalk(draft, target, draws)
      const best = longestPath(draft, scores(target))
      const path = pathTo(draft, best)
      const token = next === 'greedy' ? target.argmax(best) : target.sample(best, draws.sample(path.length))
      return { path, token, kind: nextChild(draft, best) < 0 ? 'bonus' : 'corrected' }
    },
    /** Probability that one of independent candidates is typical of p. */
    acceptance(p: Law, q: Law, candidates: number) {
      const least = threshold(p, epsilon, delta)
      let share = 0
      for (let x = 0; x < p.length; x++) if (p[x]! > least) share += q[x]!
      return 1 - (1 - share) ** candidates
    },
  }
}

type Score = (parent: number, token: number) => number

/** The deepest node whose whole path has finite scores, on ties the one with the largest sum; −1 when no token was accepted. */
function longestPath(draft: Draft, score: Score): number {
  const depths = new Int32Array(draft.tokens.length)
  const sums = new Float64Array(draft.tokens.length)
  let best = -1
  for (let node = 0; node < draft.tokens.length; node++) {
    const parent = parentOf(draft, node)
    if (parent >= 0 && depths[parent] === 0) continue
    const own = score(parent, draft.tokens[node]!)
    if (own === -Infinity) continue
    depths[node] = (parent < 0 ? 0 : depths[parent]!) + 1
    sums[node] = (parent < 0 ? 0 : sums[parent]!) + own
    const isDeeper = best < 0 || depths[node]! > depths[best]!
    if (isDeeper || (depths[node] === depths[best] && sums[node]! > sums[best]!)) best = node
  }
  return best
}
