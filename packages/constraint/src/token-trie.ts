import { UTF8_BAD, UTF8_START, utf8Next } from './utf8.ts'

/** The tokens of a vocabulary by their bytes: a trie as flat arrays in depth-first order, node 0 the root. */
export interface TokenTrie {
  readonly size: number
  /** Words of a mask: ⌈vocabulary / 32⌉. */
  readonly words: number
  /** [nodes]: the byte that leads to a node. */
  readonly byte: Uint8Array
  /** [nodes]: number of bytes from the root. */
  readonly depth: Uint16Array
  /** [nodes]: nodes of the subtree, the node itself included. */
  readonly span: Int32Array
  /** [nodes]: a token that ends here, or −1. */
  readonly token: Int32Array
  /** [nodes] */
  readonly parent: Int32Array
  /** [nodes, 8]: bytes that occur below a node, as sets. */
  readonly below: Uint32Array
  /** [nodes]: 1 where a character may begin, 2 where also everything below is UTF-8, its last character perhaps cut; else 0. */
  readonly utf8: Uint8Array
  /** Of the subtree of a node are the tokens from `tokenAt[node]` to `tokenAt[node + span]` in `tokenIds`, twins included, [nodes + 1]. */
  readonly tokenAt: Int32Array
  readonly tokenIds: Int32Array
  /** In the same way, its nodes with children at which a character may begin. */
  readonly startAt: Int32Array
  readonly starts: Int32Array
  /** Further tokens with the same bytes, by node. */
  readonly twins: ReadonlyMap<number, readonly number[]>
  readonly maxDepth: number
  /** Nodes at a depth, in order. */
  atDepth(depth: number): Int32Array
  /** Nodes that a byte leads to, in order. */
  withByte(byte: number): Int32Array
  /** Mask of the tokens longer than this many bytes. Borrowed. */
  longerThan(depth: number): Uint32Array
}

/** Builds the trie; tokens without bytes stay outside. */
export function tokenTrie(vocabularySize: number, bytesOf: (id: number) => Uint8Array): TokenTrie {
  const entries: { readonly text: string; readonly id: number }[] = []
  let total = 1
  for (let id = 0; id < vocabularySize; id++) {
    const bytes = bytesOf(id)
    if (bytes.length === 0) continue
    entries.push({ text: String.fromCharCode(...bytes), id })
    total += bytes.length
  }
  entries.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.id - b.id))
  const byte = new Uint8Array(total)
  const depth = new Uint16Array(total)
  const span = new Int32Array(total)
  const token = new Int32Array(total).fill(-1)
  const parent = new Int32Array(total).fill(-1)
  const twins = new Map<number, number[]>()
  const path = [0]
  let size = 1
  let previous = ''
  const close = (length: number): void => {
    while (path.length > length + 1) {
      const node = path.pop()!
      span[node] = size - node
    }
  }
  for (const { text, id } of entries) {
    let shared = 0
    while (shared < text.length && shared < previous.length && text[shared] === previous[shared]) shared++
    close(shared)
    for (let i = shared; i < text.length; i++) {
      byte[size] = text.charCodeAt(i)
      depth[size] = i + 1
      parent[size] = path.at(-1)!
      path.push(size++)
    }
    const node = path.at(-1)!
    if (token[node] === -1) token[node] = id
    else twins.set(node, [...(twins.get(node) ?? []), id])
    previous = text
  }
  close(0)
  span[0] = size
  const cut = <T extends Uint8Array | Uint16Array | Int32Array>(array: T): T => array.slice(0, size) as T
  const arrays = { byte: cut(byte), depth: cut(depth), span: cut(span), token: cut(token), parent: cut(parent) }
  const words = Math.ceil(vocabularySize / 32)
  return {
    size,
    words,
    ...arrays,
    below: bytesBelow(arrays),
    ...charactersBelow(arrays),
    ...tokensInOrder(arrays.token, twins),
    twins,
    ...sorted({ ...arrays, twins, words }),
  }
}

/** Sets the bits of the tokens that end at a node. */
export function setTokens({ token, twins }: Pick<TokenTrie, 'token' | 'twins'>, node: number, mask: Uint32Array): void {
  const id = token[node]!
  if (id < 0) return
  mask[id >> 5]! |= 1 << (id & 31)
  if (twins.size > 0) for (const twin of twins.get(node) ?? []) mask[twin >> 5]! |= 1 << (twin & 31)
}

function bytesBelow({ byte, parent }: Pick<TokenTrie, 'byte' | 'parent'>): Uint32Array {
  const below = new Uint32Array(byte.length * 8)
  // Children come after their parents.
  for (let node = byte.length - 1; node > 0; node--) {
    const above = parent[node]! * 8
    below[above + (byte[node]! >> 5)]! |= 1 << (byte[node]! & 31)
    for (let word = 0; word < 8; word++) below[above + word]! |= below[node * 8 + word]!
  }
  return below
}

function charactersBelow({
  byte,
  parent,
  span,
}: Pick<TokenTrie, 'byte' | 'parent' | 'span'>): Pick<TokenTrie, 'utf8' | 'startAt' | 'starts'> {
  const at = new Uint8Array(byte.length)
  const isBad = new Uint8Array(byte.length)
  at[0] = UTF8_START
  for (let node = 1; node < byte.length; node++) {
    at[node] = utf8Next(at[parent[node]!]!, byte[node]!)
    if (at[node] === UTF8_BAD) isBad[node] = 1
  }
  for (let node = byte.length - 1; node > 0; node--) isBad[parent[node]!]! |= isBad[node]!
  const starts: number[] = []
  const startAt = new Int32Array(byte.length + 1)
  for (let node = 0; node < byte.length; node++) {
    if (at[node] === UTF8_START && span[node]! > 1) starts.push(node)
    startAt[node + 1] = starts.length
  }
  const utf8 = at.map((state, node) => (state !== UTF8_START ? 0 : isBad[node] === 0 ? 2 : 1))
  return { utf8, startAt, starts: Int32Array.from(starts) }
}

function tokensInOrder(token: Int32Array, twins: TokenTrie['twins']): Pick<TokenTrie, 'tokenAt' | 'tokenIds'> {
  const ids: number[] = []
  const tokenAt = new Int32Array(token.length + 1)
  for (let node = 0; node < token.length; node++) {
    if (token[node]! >= 0) ids.push(token[node]!, ...(twins.get(node) ?? []))
    tokenAt[node + 1] = ids.length
  }
  return { tokenAt, tokenIds: Int32Array.from(ids) }
}

/** Nodes sorted by a number up to `most`, those of one number in order. */
function sortedBy(
  of: Uint8Array | Uint16Array,
  most: number,
): { readonly nodes: Int32Array; readonly starts: Int32Array } {
  const starts = new Int32Array(most + 2)
  for (const each of of) starts[each + 1]!++
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!
  const nodes = new Int32Array(of.length)
  const places = starts.slice()
  for (let node = 0; node < of.length; node++) nodes[places[of[node]!]!++] = node
  return { nodes, starts }
}

type Sorted = Pick<TokenTrie, 'atDepth' | 'withByte' | 'longerThan' | 'maxDepth'>

function sorted(trie: Pick<TokenTrie, 'byte' | 'depth' | 'token' | 'twins' | 'words'>): Sorted {
  const { byte, depth, words } = trie
  const masks = new Map<number, Uint32Array>()
  const maxDepth = depth.reduce((most, each) => Math.max(most, each), 0)
  const { nodes, starts } = sortedBy(depth, maxDepth)
  // Node 0, the root, has no byte.
  const byByte = sortedBy(byte.subarray(1), 255)
  for (let i = 0; i < byByte.nodes.length; i++) byByte.nodes[i]!++
  const startOf = (wanted: number): number => (wanted > maxDepth ? nodes.length : starts[wanted]!)
  return {
    maxDepth,
    atDepth: (wanted) => nodes.subarray(startOf(wanted), startOf(wanted + 1)),
    withByte: (wanted) => byByte.nodes.subarray(byByte.starts[wanted]!, byByte.starts[wanted + 1]!),
    longerThan(limit) {
      const known = masks.get(limit)
      if (known) return known
      const mask = new Uint32Array(words)
      for (let i = startOf(limit + 1); i < nodes.length; i++) setTokens(trie, nodes[i]!, mask)
      masks.set(limit, mask)
      return mask
    },
  }
}
