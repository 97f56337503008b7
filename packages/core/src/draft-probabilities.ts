import type { Draft } from './drafter.ts'
import type { Law } from './softmax.ts'

/** Row of `draft.q` that `node` was drawn from. */
export function rowOf(draft: Draft, node: number): number {
  return draft.q.kind === 'point-mass' ? node : (draft.q.rowOf?.[node] ?? node)
}

/** Probability with which the drafter drew the token of `node`; 1 for a point mass. */
export function draftProbability(draft: Draft, node: number, vocabularySize: number): number {
  const { q } = draft
  const token = draft.tokens[node]!
  if (q.kind === 'point-mass') return 1
  const row = rowOf(draft, node)
  if (q.kind === 'dense') return q.rows[row * vocabularySize + token]!
  let sum = 0
  for (let k = q.offsets[row]!; k < q.offsets[row + 1]!; k++) if (q.ids[k] === token) sum += q.probabilities[k]!
  return sum
}

/**
 * The whole row that `node` was drawn from, [vocabularySize].
 * @param scratch Receives the row unless it lies dense in the draft already.
 */
export function draftRow(draft: Draft, node: number, scratch: Float32Array): Law {
  const { q } = draft
  const row = rowOf(draft, node)
  if (q.kind === 'dense') return q.rows.subarray(row * scratch.length, (row + 1) * scratch.length)
  scratch.fill(0)
  if (q.kind === 'point-mass') scratch[draft.tokens[node]!] = 1
  else for (let k = q.offsets[row]!; k < q.offsets[row + 1]!; k++) scratch[q.ids[k]!]! += q.probabilities[k]!
  return scratch
}
