import { addInside, type Ended, type Inside, remainderOf, setAll } from './inside.ts'
import { EMPTY_TEXT, NOTHING, type Regex, type Regexes } from './regexes.ts'
import { setTokens, type TokenTrie } from './token-trie.ts'
import type { Walker } from './trie-walk.ts'

/** A sequence whose head takes most bytes, as a string's characters, and whose tail begins with few. */
interface Split {
  readonly head: Regex
  readonly tail: Regex
  /** Bytes that begin the tail. */
  readonly first: readonly number[]
}

interface Crossings {
  /** Undefined where the whole trie is walked as fast. */
  split(regex: Regex): Split | undefined
  /** What a sequence lets through, from what its head does. */
  joined(split: Split, head: Inside): Inside
}

/** A head is worth it from so many first bytes on, a tail up to so many, and up to this share of all nodes. */
const MANY = 32
const FEW = 8
const SHARE = 1 / 8

/**
 * A token stays inside `head tail` where it stays inside the head, or where the head may have ended within it and the tail reads on.
 * Heads are few, `any characters` above all, and tails many: the large part is known, and only nodes with a tail's first byte are
 * looked at.
 */
export function crossings(trie: TokenTrie, regexes: Regexes, walk: Walker): Crossings {
  const marks = new Uint16Array(trie.size)
  /** Whose exits are marked; many sequences after one another have the same head. */
  let marked: Inside | undefined
  const endedOf = (inside: Inside): Ended => {
    if (inside.ended) return inside.ended
    if (marked !== inside) {
      marks.fill(0)
      for (const exit of inside.exits) marks[exit] = 1
      marked = inside
    }
    return { counts: marks, min: 1, max: 1 }
  }
  const firstOf = (regex: Regex): number[] => {
    const first: number[] = []
    for (let byte = 0; byte < 256; byte++) if (regexes.next(regex, byte) !== NOTHING) first.push(byte)
    return first
  }
  return {
    split(regex) {
      const node = regexes.nodeOf(regex)
      if (node.kind !== 'concat' || regexes.isNullable(node.tail)) return undefined
      const { head, tail } = node
      if (regexes.onlyByte(regex) >= 0 || firstOf(head).length < MANY) return undefined
      const first = firstOf(tail)
      const nodes = first.reduce((sum, byte) => sum + trie.withByte(byte).length, 0)
      return first.length > FEW || nodes > SHARE * trie.size ? undefined : { head, tail, first }
    },
    joined({ head, tail, first }, inside) {
      const mask = new Uint32Array(trie.words)
      addInside(mask, inside)
      const exits: number[] = []
      const { counts, min, max } = endedOf(inside)
      const least = Math.max(1, min)
      const isEnd = (node: number): boolean =>
        node === 0 ? regexes.isNullable(head) : counts[node]! >= least && counts[node]! <= max
      for (const byte of first) {
        const residual = regexes.next(tail, byte)
        for (const node of trie.withByte(byte)) {
          if (!isEnd(trie.parent[node]!)) continue
          setTokens(trie, node, mask)
          if (trie.span[node] === 1) continue
          if (regexes.isNullable(residual)) exits.push(node)
          if (residual === EMPTY_TEXT) continue
          const below = walk([node], [residual])
          setAll(mask, below.ids)
          exits.push(...below.exits)
        }
      }
      const all = Int32Array.from(new Set(exits)).sort()
      return { mask, without: [], ids: [], exits: all, remainder: remainderOf(trie, all, []) }
    },
  }
}
