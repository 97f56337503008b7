import type { TokenTrie } from './token-trie.ts'

/** What is left of tokens after a regex has ended inside them: a trie merged from many places of the token trie. */
export interface Remainder {
  /** Token ids that end here. */
  readonly tokens: readonly number[]
  /** Child by byte. */
  children(): ReadonlyMap<number, Remainder>
}

/** Nodes whose counts are within bounds; 0 counts nowhere. */
export interface Ended {
  /** [nodes] */
  readonly counts: Uint16Array
  readonly min: number
  readonly max: number
}

/** Tokens that stay inside a regex, and places where it may end inside a token. */
export interface Inside {
  /** [words], or undefined where the ids are few and listed. Others may share it. */
  readonly mask?: Uint32Array
  /** Ids of the mask that are not among them after all. */
  readonly without: readonly number[]
  /** Further ids. */
  readonly ids: readonly number[]
  /** Trie nodes with children at which the regex may have ended. */
  readonly exits: Int32Array
  /** The same, told by counts, where that is known. */
  readonly ended?: Ended
  readonly remainder: Remainder
}

/** Ids are listed up to this many. */
const LISTED = 96

/** Of tokens and exits found from the root. The exits are kept. */
export function inside(trie: TokenTrie, ids: Int32Array, exits: Int32Array): Inside {
  const remainder = remainderOf(trie, exits, [])
  if (ids.length <= LISTED) return { without: [], ids: Array.from(ids), exits, remainder }
  const mask = new Uint32Array(trie.words)
  setAll(mask, ids)
  return { mask, without: [], ids: [], exits, remainder }
}

/** Adds the tokens that stay inside to a mask. */
export function addInside(mask: Uint32Array, { mask: whole, without, ids }: Inside): void {
  if (whole) {
    const held = without.filter((id) => (mask[id >> 5]! & (1 << (id & 31))) !== 0)
    for (let word = 0; word < mask.length; word++) mask[word]! |= whole[word]!
    clearAll(mask, without)
    setAll(mask, held)
  }
  setAll(mask, ids)
}

export function setAll(mask: Uint32Array, ids: ArrayLike<number>): void {
  for (let i = 0; i < ids.length; i++) mask[ids[i]! >> 5]! |= 1 << (ids[i]! & 31)
}

export function clearAll(mask: Uint32Array, ids: ArrayLike<number>): void {
  for (let i = 0; i < ids.length; i++) mask[ids[i]! >> 5]! &= ~(1 << (ids[i]! & 31))
}

export function remainderOf(trie: TokenTrie, nodes: ArrayLike<number>, tokens: readonly number[]): Remainder {
  let children: Map<number, Remainder> | undefined
  const build = (): Map<number, Remainder> => {
    const lists = new Map<number, { readonly nodes: number[]; readonly tokens: number[] }>()
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!
      const end = node + trie.span[node]!
      for (let child = node + 1; child < end; child += trie.span[child]!) {
        const list = lists.get(trie.byte[child]!) ?? { nodes: [], tokens: [] }
        lists.set(trie.byte[child]!, list)
        if (trie.span[child]! > 1) list.nodes.push(child)
        if (trie.token[child]! >= 0) list.tokens.push(trie.token[child]!, ...(trie.twins.get(child) ?? []))
      }
    }
    return new Map([...lists].map(([byte, list]) => [byte, remainderOf(trie, list.nodes, list.tokens)]))
  }
  return { tokens, children: () => (children ??= build()) }
}
