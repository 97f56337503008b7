import type { Draft } from './drafter.ts'

/** The shape of a draft: any type that has tokens and, unless it is a chain, parents. */
export type DraftShape = Pick<Draft, 'tokens' | 'parents'>

/** Parent of `node`; −1 is the last committed token. */
export function parentOf(draft: DraftShape, node: number): number {
  return draft.parents === undefined ? node - 1 : draft.parents[node]!
}

/**
 * The first child of `node` after node `after`, in the order siblings were sampled; −1 when there is none. Start with
 * `after = node`, since children come after their parent.
 */
export function nextChild(draft: DraftShape, node: number, after: number = node): number {
  const count = draft.tokens.length
  if (draft.parents === undefined) return after === node && node + 1 < count ? node + 1 : -1
  for (let child = after + 1; child < count; child++) if (draft.parents[child] === node) return child
  return -1
}

/** True when every node continues the one before it. */
export function isChain(draft: DraftShape): boolean {
  return draft.parents === undefined || draft.parents.every((parent, node) => parent === node - 1)
}

/** Depth of each node, [nodes]; children of the last committed token have depth 1. */
export function depthsOf(draft: DraftShape): Int32Array {
  const depths = new Int32Array(draft.tokens.length)
  for (let node = 0; node < depths.length; node++) {
    const parent = parentOf(draft, node)
    depths[node] = parent < 0 ? 1 : depths[parent]! + 1
  }
  return depths
}

/** Levels of the draft; 0 when it is empty. */
export function depthOf(draft: DraftShape): number {
  return depthsOf(draft).reduce((deepest, depth) => Math.max(deepest, depth), 0)
}

/** Nodes from the root down to `node`, [depth]; empty for −1. */
export function pathTo(draft: DraftShape, node: number): Int32Array {
  const path: number[] = []
  for (let at = node; at >= 0; at = parentOf(draft, at)) path.push(at)
  return Int32Array.from(path.reverse())
}

/** Who sees whom, [nodes, nodes] row-major: 1 where the column is the row's node itself or one of its ancestors. */
export function ancestorMask(draft: DraftShape): Uint8Array {
  const count = draft.tokens.length
  const mask = new Uint8Array(count * count)
  for (let node = 0; node < count; node++) {
    const parent = parentOf(draft, node)
    if (parent >= 0) mask.copyWithin(node * count, parent * count, (parent + 1) * count)
    mask[node * count + node] = 1
  }
  return mask
}
