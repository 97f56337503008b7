/**
 * Walks: from the last committed token down a chain or tree of drafted tokens, one decision per level.
 *
 * p: target law at the current node; q: law its children were drawn from; tau: accepted tokens.
 */
import { categorical } from './categorical.ts'
import { draftProbability, draftRow } from './draft-probabilities.ts'
import type { Draft } from './drafter.ts'
import { accepts, residual, withoutRejected } from './rejection.ts'
import type { Law } from './softmax.ts'
import { nextChild } from './tree.ts'
import type { Outcome, TargetRows, VerifyDraws } from './verifier.ts'

/** Buffers of one vocabulary, kept by a verifier between rounds; nothing in them outlives a call. */
export interface WalkScratch {
  readonly weights: Float64Array
  readonly row: Float32Array
}

export function walkScratch(vocabularySize: number): WalkScratch {
  return { weights: new Float64Array(vocabularySize), row: new Float32Array(vocabularySize) }
}

/**
 * Draws the target's own token at each node and descends while the draft has it. Valid for any draft, however it was
 * chosen; at temperature 0 the greedy walk, above it exact matching: the tokens of the plain run with the same seed.
 */
export function matchWalk(draft: Draft, target: TargetRows, draws: VerifyDraws): Outcome {
  const path: number[] = []
  for (let node = -1; ; ) {
    const token = target.isGreedy ? target.argmax(node) : target.sample(node, draws.sample(path.length))
    const first = nextChild(draft, node)
    let child = first
    while (child >= 0 && draft.tokens[child] !== token) child = nextChild(draft, node, child)
    if (child < 0) return { path: Int32Array.from(path), token, kind: first < 0 ? 'bonus' : 'corrected' }
    path.push(child)
    node = child
  }
}

/**
 * Token-wise rejection. Children of a node are tried in the order they were sampled, each accepted with
 * min(1, P(x) / Q(x)); after a rejection P becomes norm([P − Q]+) and, without replacement, Q loses x. When all fail, the
 * corrected token is drawn from P. Lossless for every honest draft. Point masses are matched instead, which is the same
 * law: accept x with p(x), else draw from p without x.
 */
export function rejectionWalk(draft: Draft, target: TargetRows, draws: VerifyDraws, scratch: WalkScratch): Outcome {
  if (target.isGreedy || draft.q.kind === 'point-mass') return matchWalk(draft, target, draws)
  const path: number[] = []
  for (let node = -1; ; ) {
    const depth = path.length
    const first = nextChild(draft, node)
    if (first < 0) {
      return { path: Int32Array.from(path), token: target.sample(node, draws.sample(depth)), kind: 'bonus' }
    }
    const chosen = chooseChild(draft, node, target, draws, depth, scratch)
    if (chosen.child < 0) return { path: Int32Array.from(path), token: chosen.token, kind: 'corrected' }
    path.push(chosen.child)
    node = chosen.child
  }
}

/** One level of `rejectionWalk`: the accepted child, or −1 and the corrected token. */
function chooseChild(
  draft: Draft,
  node: number,
  target: TargetRows,
  draws: VerifyDraws,
  depth: number,
  scratch: WalkScratch,
): { child: number; token: number } {
  const rejected: number[] = []
  /** P times `mass`; p itself, which is not asked for as a whole before a rejection, while undefined. */
  let weights: Law | undefined
  let mass = 1
  let left = 1
  for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) {
    const token = draft.tokens[child]!
    const q = draftProbability(draft, child, target.vocabularySize)
    const weight = weights === undefined ? target.probability(node, token) : weights[token]!
    // Rounding in the subtractions may leave less than q.
    left = Math.max(left, q)
    if (accepts(weight, (mass * q) / left, draws.accept(depth, rejected.length))) return { child, token }
    rejected.push(token)
    const p = target.probabilities(node)
    mass = residual(weights ?? p, draftRow(draft, child, scratch.row), mass / left, scratch.weights)
    weights = scratch.weights
    if (mass <= 0) mass = withoutRejected(p, rejected, scratch.weights)
    if (draft.siblings === 'without-replacement') left -= q
  }
  return { child: -1, token: categorical(scratch.weights, draws.correct(depth), mass) }
}
