import { type Draft, type DraftShape, draftRow, parentOf, pathTo } from '@foretoken/core'
import { check, checkEqual, checkNear } from './assertions.ts'

/** Tokens from the root to `node`. */
export function pathTokens(draft: DraftShape, node: number): number[] {
  return Array.from(pathTo(draft, node), (at) => draft.tokens[at]!)
}

/** Lowest index of the largest value. */
export function argmaxOf(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}

/** A copy that stays when the drafter reuses its buffers. */
export function copyDraft(draft: Draft): Draft {
  return structuredClone(draft)
}

/** What a draft must fit into. */
export interface DraftLimits {
  readonly room: number
  readonly nodes: number
  readonly vocabularySize: number
}

/** @throws Unless the draft is one that its verifier may trust: size, shape, tokens, and laws that sum to 1. */
export function checkDraftForm(draft: Draft, limits: DraftLimits): void {
  const { tokens, parents, q } = draft
  check(tokens instanceof Int32Array, 'Draft.tokens must be an Int32Array.')
  check(tokens.length <= limits.nodes, `The draft has ${tokens.length} nodes; at most ${limits.nodes} fit into a step.`)
  if (parents !== undefined) checkEqual(parents.length, tokens.length, 'The number of parents')
  for (const [node, token] of tokens.entries()) {
    check(token >= 0 && token < limits.vocabularySize, `Node ${node} has token ${token} of ${limits.vocabularySize}.`)
    const parent = parentOf(draft, node)
    check(parent >= -1 && parent < node, `Node ${node} has parent ${parent}; expected −1 to ${node - 1}.`)
    const depth = pathTo(draft, node).length
    check(depth <= limits.room, `Node ${node} is at level ${depth}; there was room for ${limits.room}.`)
    if (q.kind === 'point-mass') continue
    const row = draftRow(draft, node, new Float32Array(limits.vocabularySize))
    checkEqual(row.length, limits.vocabularySize, `Length of the row of q at node ${node}`)
    check(
      row.every((share) => share >= 0),
      `The row of q at node ${node} holds a negative probability or NaN.`,
    )
    checkNear([Array.from(row).reduce((a, b) => a + b, 0)], [1], 1e-3, `Sum of the row of q at node ${node}`)
    check(row[token]! > 0, `Node ${node} has token ${token}, which its q excludes.`)
  }
}
