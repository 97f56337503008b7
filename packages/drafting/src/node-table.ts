/**
 * Nodes of a compressed trie in typed arrays, with a hash table from (parent, first token of the edge) to the child. A node is
 * a number; 0 is the root, and stands for "none" wherever a child is meant. Everything is O(1).
 */

/** The node whose string is empty; as a child: none. */
export const ROOT = 0

/** Columns are indexed by node and replaced when the table grows: read them anew after `addNode`. */
export interface NodeTable {
  /** Occurrences of the node's string. */
  count: Int32Array
  /** Length of the node's string. */
  depth: Int32Array
  /** Slot of the sequence that holds the newest occurrence of the node's string. */
  source: Int32Array
  /** Position of that occurrence's last token. */
  end: Int32Array
  /** First token of the edge that leads to the node. */
  token: Int32Array
  parent: Int32Array
  firstChild: Int32Array
  /** Siblings, in no particular order. */
  next: Int32Array
  previous: Int32Array
  /** Child with the largest count, the newest on ties; `ROOT` while it is not known. */
  best: Int32Array
  /** Open addressing; holds nodes, 0 where empty; at most half full. */
  slots: Int32Array
  /** Head of the list of free nodes, linked by `next`. */
  free: number
  /** Nodes ever handed out, the root included. */
  handedOut: number
  /** Nodes in use, the root included. */
  size: number
  /** Most nodes that the caller will ever have; the columns never grow beyond it. */
  readonly limit: number
}

const COLUMNS = [
  'count',
  'depth',
  'source',
  'end',
  'token',
  'parent',
  'firstChild',
  'next',
  'previous',
  'best',
] as const satisfies readonly (keyof NodeTable)[]

/** A table with a root. It doubles when full, up to `limit` nodes. */
export function nodeTable(limit: number): NodeTable {
  const capacity = Math.min(64, limit)
  const column = () => new Int32Array(capacity)
  return {
    count: column(),
    depth: column(),
    source: column(),
    end: column(),
    token: column(),
    parent: column(),
    firstChild: column(),
    next: column(),
    previous: column(),
    best: column(),
    slots: new Int32Array(slotsFor(capacity)),
    free: ROOT,
    handedOut: 1,
    size: 1,
    limit,
  }
}

/** Bytes held. */
export function bytesOf(nodes: NodeTable): number {
  return COLUMNS.reduce((sum, name) => sum + nodes[name].byteLength, nodes.slots.byteLength)
}

/** Child of `parent` along `token`, or `ROOT`. */
export function childOf(nodes: NodeTable, parent: number, token: number): number {
  const { slots } = nodes
  const mask = slots.length - 1
  for (let at = hash(parent, token) & mask; ; at = (at + 1) & mask) {
    const node = slots[at]!
    if (node === ROOT || (nodes.token[node] === token && nodes.parent[node] === parent)) return node
  }
}

/** A new node that is nobody's child yet. Its fields are the caller's to set. */
export function addNode(nodes: NodeTable): number {
  let node = nodes.free
  if (node !== ROOT) nodes.free = nodes.next[node]!
  else {
    if (nodes.handedOut === nodes.count.length) grow(nodes)
    node = nodes.handedOut++
  }
  nodes.firstChild[node] = ROOT
  nodes.best[node] = ROOT
  nodes.size++
  return node
}

/** Gives back a node without parent and children. */
export function freeNode(nodes: NodeTable, node: number): void {
  nodes.next[node] = nodes.free
  nodes.free = node
  nodes.size--
}

/** Makes `node` a child of `parent` along `token`, where none is. */
export function attach(nodes: NodeTable, parent: number, token: number, node: number): void {
  const sibling = nodes.firstChild[parent]!
  nodes.parent[node] = parent
  nodes.token[node] = token
  nodes.next[node] = sibling
  nodes.previous[node] = ROOT
  if (sibling !== ROOT) nodes.previous[sibling] = node
  nodes.firstChild[parent] = node
  enterSlot(nodes, node)
}

/** Takes `node` from its parent. */
export function detach(nodes: NodeTable, node: number): void {
  const parent = nodes.parent[node]!
  const [before, after] = [nodes.previous[node]!, nodes.next[node]!]
  if (before === ROOT) nodes.firstChild[parent] = after
  else nodes.next[before] = after
  if (after !== ROOT) nodes.previous[after] = before
  if (nodes.best[parent] === node) nodes.best[parent] = ROOT
  leaveSlot(nodes, node)
}

/** Puts `node`, nobody's child, where `old` is. */
export function replaceChild(nodes: NodeTable, old: number, node: number): void {
  const [parent, token] = [nodes.parent[old]!, nodes.token[old]!]
  const isBest = nodes.best[parent] === old
  detach(nodes, old)
  attach(nodes, parent, token, node)
  if (isBest) nodes.best[parent] = node
}

function slotsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(2 * capacity))
}

function hash(parent: number, token: number): number {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b)
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 7
}

function homeOf(nodes: NodeTable, node: number): number {
  return hash(nodes.parent[node]!, nodes.token[node]!) & (nodes.slots.length - 1)
}

function enterSlot(nodes: NodeTable, node: number): void {
  const { slots } = nodes
  let at = homeOf(nodes, node)
  while (slots[at] !== ROOT) at = (at + 1) & (slots.length - 1)
  slots[at] = node
}

/** Closes the gap, so that no probe ends too early and no tombstone stays. */
function leaveSlot(nodes: NodeTable, node: number): void {
  const { slots } = nodes
  const mask = slots.length - 1
  let gap = homeOf(nodes, node)
  while (slots[gap] !== node) gap = (gap + 1) & mask
  for (let at = (gap + 1) & mask; slots[at] !== ROOT; at = (at + 1) & mask) {
    const distance = (at - homeOf(nodes, slots[at]!)) & mask
    if (distance < ((at - gap) & mask)) continue
    slots[gap] = slots[at]!
    gap = at
  }
  slots[gap] = ROOT
}

function grow(nodes: NodeTable): void {
  const capacity = Math.min(2 * nodes.count.length, nodes.limit)
  for (const name of COLUMNS) {
    const column = new Int32Array(capacity)
    column.set(nodes[name])
    nodes[name] = column
  }
  const members = nodes.slots.filter((node) => node !== ROOT)
  nodes.slots = new Int32Array(slotsFor(capacity))
  for (const node of members) enterSlot(nodes, node)
}
