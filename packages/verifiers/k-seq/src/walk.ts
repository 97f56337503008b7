import {
  accepts,
  categorical,
  type Draft,
  draftProbability,
  draftRow,
  nextChild,
  type Outcome,
  parentOf,
  pathTo,
  rejectionWalk,
  residual,
  rowOf,
  type TargetRows,
  type VerifyDraws,
  type WalkScratch,
  withoutRejected,
} from '@foretoken/core'
import { damping } from './damping.ts'

/**
 * SpecTr's round. Drafts that agree so far are alive together: at each level their next tokens, duplicates counted, are the
 * candidates of k-SEQ; those that carry the chosen token stay alive.
 *
 * Nodes with the same tokens up to them are one position, whether the draft shares the node or not. Candidates of a position must come
 * from one law: children drawn from another one than the first child are none.
 */
export function kSeqWalk(draft: Draft, target: TargetRows, draws: VerifyDraws, scratch: WalkScratch): Outcome {
  const isMatched = target.isGreedy || draft.q.kind === 'point-mass'
  if (draft.siblings === 'without-replacement' && !isMatched) return rejectionWalk(draft, target, draws, scratch)
  let alive: readonly number[] = [-1]
  for (let depth = 0; ; depth++) {
    const node = alive[0]!
    const children = alive.flatMap((each) => childrenOf(draft, each))
    if (children.length === 0) {
      return { path: pathTo(draft, node), token: target.sample(node, draws.sample(depth)), kind: 'bonus' }
    }
    const candidates = isMatched ? children : ofOneLaw(draft, children, target.vocabularySize)
    const token = isMatched
      ? target.sample(node, draws.sample(depth))
      : choose(draft, candidates, node, target, draws, depth, scratch)
    // Whatever law a child was drawn from: the chosen token does not depend on those left aside.
    alive = children.filter((child) => draft.tokens[child] === token)
    if (alive.length === 0) return { path: pathTo(draft, parentOf(draft, children[0]!)), token, kind: 'corrected' }
  }
}

function childrenOf(draft: Draft, node: number): number[] {
  const children: number[] = []
  for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) children.push(child)
  return children
}

/** Nodes that were drawn from the same law as the first one. */
function ofOneLaw(draft: Draft, nodes: readonly number[], vocabularySize: number): readonly number[] {
  return nodes.filter((node) => haveOneLaw(draft, nodes[0]!, node, vocabularySize))
}

function haveOneLaw(draft: Draft, a: number, b: number, vocabularySize: number): boolean {
  const { q } = draft
  const [rowA, rowB] = [rowOf(draft, a), rowOf(draft, b)]
  if (rowA === rowB || q.kind === 'point-mass') return true
  const [values, fromA, fromB, length] =
    q.kind === 'dense'
      ? [q.rows, rowA * vocabularySize, rowB * vocabularySize, vocabularySize]
      : [q.probabilities, q.offsets[rowA]!, q.offsets[rowB]!, q.offsets[rowA + 1]! - q.offsets[rowA]!]
  if (q.kind === 'sparse' && q.offsets[rowB + 1]! - fromB !== length) return false
  for (let i = 0; i < length; i++) {
    if (values[fromA + i] !== values[fromB + i]) return false
    if (q.kind === 'sparse' && q.ids[fromA + i] !== q.ids[fromB + i]) return false
  }
  return true
}

/** k-SEQ at one position: accept with min(1, p / (rho q)); the token of the first accepted candidate, or one of norm([p − rho q]+). */
function choose(
  draft: Draft,
  candidates: readonly number[],
  node: number,
  target: TargetRows,
  draws: VerifyDraws,
  depth: number,
  scratch: WalkScratch,
): number {
  const k = candidates.length
  const first = candidates[0]!
  let known = k === 1 ? 1 : undefined
  const rho = (): number => {
    known ??= damping(target.probabilities(node), draftRow(draft, first, scratch.row), k).rho
    return known
  }
  for (const [index, candidate] of candidates.entries()) {
    const token = draft.tokens[candidate]!
    const q = draftProbability(draft, candidate, target.vocabularySize)
    const p = target.probability(node, token)
    const u = draws.accept(depth, index)
    // rho lies in [1, k]: what its ends decide needs no more.
    if (accepts(p, k * q, u)) return token
    if (accepts(p, q, u) && accepts(p, rho() * q, u)) return token
  }
  const p = target.probabilities(node)
  let mass = residual(p, draftRow(draft, first, scratch.row), rho(), scratch.weights)
  const rejected = candidates.map((candidate) => draft.tokens[candidate]!)
  // Rounding may leave nothing where p = rho q almost everywhere.
  if (mass <= 0) mass = withoutRejected(p, rejected, scratch.weights)
  return categorical(scratch.weights, draws.correct(depth), mass)
}
