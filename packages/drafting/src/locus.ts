/** What followed a string that a counted suffix tree holds: the string is named by the node at or above which it ends, and its length. */
import { childOf, ROOT } from './node-table.ts'
import { type SuffixTree, tokenAt } from './suffix-tree.ts'

/** Receives a token that followed, and how often it did. */
export type Continuation = (token: number, count: number) => void

/** The node at or above which the string of `length` tokens at `node`, gone on by `token`, ends; `ROOT` when it does not occur. */
export function childAt(tree: SuffixTree, node: number, length: number, token: number): number {
  const { nodes } = tree
  if (length === nodes.depth[node]!) return childOf(nodes, node, token)
  return tokenAt(tree, node, length + 1) === token ? node : ROOT
}

/**
 * Tells each token that followed the string of `length` tokens at `node`.
 * @param most Tokens that are told at most.
 */
export function countContinuations(
  tree: SuffixTree,
  node: number,
  length: number,
  most: number,
  tell: Continuation,
): void {
  const { nodes } = tree
  if (length < nodes.depth[node]!) {
    tell(tokenAt(tree, node, length + 1), nodes.count[node]!)
    return
  }
  let told = 0
  for (let child = nodes.firstChild[node]!; child !== ROOT && told < most; child = nodes.next[child]!) {
    tell(nodes.token[child]!, nodes.count[child]!)
    told++
  }
}
