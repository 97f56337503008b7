/**
 * The counted suffix tree of SuffixDecoding: for every string of at most `depth` tokens, how often it occurs in the stored
 * sequences. Suffixes that end at the same place share an edge, so there are at most two nodes for each stored token.
 *
 * A node is kept exactly where strings branch or a suffix ends; along an edge counts do not change. Each open sequence holds
 * the nodes at which its last 1, 2, … `depth` tokens end (its loci); appending a token moves each of them one token down.
 * An edge's tokens are read from the newest occurrence of the node's string. When sequences leave oldest first, that
 * occurrence is the last to go, so no edge ever points to forgotten text.
 */
import {
  addNode,
  attach,
  bytesOf,
  childOf,
  detach,
  freeNode,
  type NodeTable,
  nodeTable,
  ROOT,
  replaceChild,
} from './node-table.ts'

/** A stored text. Made by `openSequence`. */
export interface Sequence {
  /** Index among the tree's sequences. */
  readonly slot: number
  /** Later sequences have larger ones. */
  readonly serial: number
  /** [at least length]; replaced when it grows. */
  text: Int32Array
  length: number
  /** Suffixes that begin before this position are forgotten. */
  start: number
  /** Nodes at which the last 1, 2, … tokens end, [depth]; absent once closed. */
  loci: Int32Array | undefined
  /** Loci in use. */
  open: number
}

export interface SuffixTree {
  /** Longest string that is counted. */
  readonly depth: number
  readonly nodes: NodeTable
  /** By slot. */
  readonly sequences: Sequence[]
  readonly freeSlots: number[]
  /** Serial of the next sequence. */
  serial: number
}

const NOTHING = new Int32Array(0)

/**
 * @param depth Longest string that is counted, at least 2.
 * @param mostTokens Tokens that it will ever hold at once. Default: not bounded.
 */
export function suffixTree(depth: number, mostTokens: number = Infinity): SuffixTree {
  // Every leaf and every node that does not branch is where some suffix ends, and branching nodes are fewer than leaves.
  return { depth, nodes: nodeTable(2 * mostTokens + 2), sequences: [], freeSlots: [], serial: 0 }
}

/** Bytes of the nodes; the texts take their own. */
export function treeBytes({ nodes }: SuffixTree): number {
  return bytesOf(nodes)
}

export function openSequence(tree: SuffixTree): Sequence {
  const slot = tree.freeSlots.pop() ?? tree.sequences.length
  const loci = new Int32Array(tree.depth)
  const sequence = { slot, serial: tree.serial++, text: new Int32Array(16), length: 0, start: 0, loci, open: 0 }
  tree.sequences[slot] = sequence
  return sequence
}

/** True when `prompt` begins with the whole text of a sequence that is not empty. */
export function continues(prompt: Int32Array, { text, length }: Sequence): boolean {
  if (length === 0 || length > prompt.length) return false
  for (let i = 0; i < length; i++) if (text[i] !== prompt[i]) return false
  return true
}

/** No token follows; the text takes no more room than it needs. */
export function closeSequence(sequence: Sequence): void {
  if (sequence.loci === undefined) return
  sequence.loci = undefined
  sequence.text = sequence.text.slice(0, sequence.length)
}

/** Appends a token to an open sequence: O(depth), whatever the length. */
export function appendToken(tree: SuffixTree, sequence: Sequence, token: number): void {
  const loci = sequence.loci!
  if (sequence.length === sequence.text.length) {
    const text = new Int32Array(2 * sequence.length)
    text.set(sequence.text)
    sequence.text = text
  }
  sequence.text[sequence.length++] = token
  // Longest first: a shorter suffix moves to where the longer one has left.
  const kept = Math.min(sequence.open, tree.depth - 1)
  for (let m = kept; m >= 1; m--) loci[m] = advance(tree, loci[m - 1]!, sequence, token)
  loci[0] = advance(tree, ROOT, sequence, token)
  sequence.open = kept + 1
}

/** Forgets the first remembered suffix of a closed sequence; none of an older sequence may be left. */
export function forgetSuffix(tree: SuffixTree, sequence: Sequence): void {
  const { nodes } = tree
  let at = sequence.start++
  const stop = Math.min(at + tree.depth, sequence.length)
  let node = ROOT
  while (at < stop) {
    const child = childOf(nodes, node, sequence.text[at]!)
    at += nodes.depth[child]! - nodes.depth[node]!
    nodes.count[child]!--
    if (nodes.best[node] === child) nodes.best[node] = ROOT
    node = child
  }
  if (nodes.count[node] === 0) {
    const parent = nodes.parent[node]!
    detach(nodes, node)
    freeNode(nodes, node)
    node = parent
  }
  const only = nodes.firstChild[node]!
  if (only !== ROOT && nodes.next[only] === ROOT) contract(nodes, node, only)
  if (sequence.start < sequence.length) return
  sequence.text = NOTHING
  tree.freeSlots.push(sequence.slot)
}

/** The node at or below which a string ends, or `ROOT` when it does not occur: `text[from]` to `text[to − 1]`. */
export function locate(tree: SuffixTree, text: Int32Array, from: number, to: number): number {
  const { nodes } = tree
  let node = ROOT
  for (let at = from; at < to; ) {
    const above = nodes.depth[node]!
    node = childOf(nodes, node, text[at]!)
    if (node === ROOT) return ROOT
    const stop = Math.min(to, at + nodes.depth[node]! - above)
    const source = tree.sequences[nodes.source[node]!]!.text
    const shift = nodes.end[node]! - nodes.depth[node]! + 1 - from
    for (at++; at < stop; at++) if (source[at + shift] !== text[at]) return ROOT
  }
  return node
}

/** Token number `d`, from 1, of the node's string. */
export function tokenAt(tree: SuffixTree, node: number, d: number): number {
  const { nodes } = tree
  return tree.sequences[nodes.source[node]!]!.text[nodes.end[node]! - nodes.depth[node]! + d]!
}

/** Child with the largest count, the one with the newest occurrence on ties; `ROOT` for a leaf. */
export function bestChild(tree: SuffixTree, node: number): number {
  const { nodes } = tree
  if (nodes.best[node] === ROOT) {
    let best = nodes.firstChild[node]!
    for (let child = best; child !== ROOT; child = nodes.next[child]!) if (isBetter(tree, child, best)) best = child
    nodes.best[node] = best
  }
  return nodes.best[node]!
}

/** Moves the suffix that ends at `node` on by the last token of `sequence`; returns where it ends then. */
function advance(tree: SuffixTree, node: number, sequence: Sequence, token: number): number {
  const { nodes } = tree
  const child = childOf(nodes, node, token)
  if (child === ROOT) return grow(tree, node, sequence, token)
  const depth = nodes.depth[node]! + 1
  if (nodes.depth[child]! > depth) return split(tree, node, child, sequence)
  nodes.count[child]!++
  refresh(tree, child, sequence)
  promote(tree, node, child)
  contract(nodes, node, child)
  return child
}

/** A suffix that goes where none went before. */
function grow(tree: SuffixTree, node: number, sequence: Sequence, token: number): number {
  const { nodes } = tree
  if (node !== ROOT && nodes.count[node] === 1) {
    // Nobody else ends here: the leaf's edge grows.
    nodes.depth[node]!++
    nodes.end[node]!++
    return node
  }
  const leaf = addNode(nodes)
  nodes.count[leaf] = 1
  nodes.depth[leaf] = nodes.depth[node]! + 1
  nodes.source[leaf] = sequence.slot
  nodes.end[leaf] = sequence.length - 1
  attach(nodes, node, token, leaf)
  promote(tree, node, leaf)
  return leaf
}

/** A suffix that ends one token into the edge from `node` to `child`. */
function split(tree: SuffixTree, node: number, child: number, sequence: Sequence): number {
  const { nodes } = tree
  const depth = nodes.depth[node]! + 1
  const below = tokenAt(tree, child, depth + 1)
  // Nothing else branches or ends at `node`: it moves itself.
  const isMoving = node !== ROOT && nodes.count[node] === nodes.count[child]! + 1
  const middle = isMoving ? node : addNode(nodes)
  if (isMoving) detach(nodes, child)
  else replaceChild(nodes, child, middle)
  nodes.count[middle] = nodes.count[child]! + 1
  nodes.source[middle] = nodes.source[child]!
  nodes.end[middle] = nodes.end[child]! - nodes.depth[child]! + depth
  nodes.depth[middle] = depth
  attach(nodes, middle, below, child)
  nodes.best[middle] = child
  refresh(tree, middle, sequence)
  if (!isMoving) promote(tree, node, middle)
  return middle
}

/** Drops `node` when nothing ends or branches there any more; `child` is one of its children. */
function contract(nodes: NodeTable, node: number, child: number): void {
  if (node === ROOT || nodes.count[node] !== nodes.count[child]) return
  detach(nodes, child)
  replaceChild(nodes, node, child)
  freeNode(nodes, node)
}

/** The node's string has just occurred at the end of `sequence`. */
function refresh(tree: SuffixTree, node: number, sequence: Sequence): void {
  const { nodes } = tree
  if (tree.sequences[nodes.source[node]!]!.serial > sequence.serial) return
  nodes.source[node] = sequence.slot
  nodes.end[node] = sequence.length - 1
}

/** The count of `child` has just grown. */
function promote(tree: SuffixTree, node: number, child: number): void {
  const { nodes } = tree
  const best = nodes.best[node]!
  if (node === ROOT) return
  if (best === ROOT ? nodes.next[child] === ROOT && nodes.previous[child] === ROOT : isBetter(tree, child, best)) {
    nodes.best[node] = child
  }
}

function isBetter(tree: SuffixTree, a: number, b: number): boolean {
  const { count, depth, source, end } = tree.nodes
  if (count[a] !== count[b]) return count[a]! > count[b]!
  const [mine, theirs] = [tree.sequences[source[a]!]!.serial, tree.sequences[source[b]!]!.serial]
  return mine === theirs ? end[a]! - depth[a]! > end[b]! - depth[b]! : mine > theirs
}
