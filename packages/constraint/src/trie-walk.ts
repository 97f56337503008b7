import { circlesOf } from './circles.ts'
import { longer } from './interned.ts'
import { EMPTY_TEXT, NOTHING, type Regex, type Regexes } from './regexes.ts'
import type { TokenTrie } from './token-trie.ts'

/** Tokens that stay inside a regex, and nodes with children at which it may have ended. Borrowed until the next walk. */
export interface Walk {
  readonly ids: Int32Array
  readonly exits: Int32Array
  /** The residuals met, each once. */
  readonly rests: Int32Array
}

/** Walks the subtrees below `roots`, each entered in its residual. */
export type Walker = (roots: ArrayLike<number>, residuals: ArrayLike<number>) => Walk

/** Rows at hand during a walk; the number of one is a byte. */
const ROWS = 256

/** Subtrees from so many nodes on are read around bytes that lead elsewhere, up to so many. */
export const LARGE = 256
const SMALL = 3
const MOST_STRAYS = 12

/** What leads all below a node back to a residual. */
type Stay = 'bytes' | 'characters' | undefined

/** A walker with scratch of its own: a walk leaves nothing to the collector. */
export function walkerOf(trie: TokenTrie, regexes: Regexes): Walker {
  const { byte, depth, span, token, twins, below, utf8, tokenAt, tokenIds, startAt, starts } = trie
  const circles = circlesOf(regexes)
  const at = new Int32Array(trie.maxDepth + 2)
  const ids = new Int32Array(32 * trie.words)
  const exits = new Int32Array(trie.size)
  /** Transitions of the residuals met last, [ROWS, 256]; −1 where they were not asked for. */
  const rows = new Int32Array(256 * ROWS)
  /** Whose a row is, and the row of each residual that had one. */
  const ownerOf = new Int32Array(ROWS).fill(NOTHING)
  let rowOf = new Uint8Array(1024)
  let oldest = 0
  let rests = new Int32Array(1024)
  /** By residual: the walk that met it last. */
  let metIn = new Int32Array(1024)
  let turn = 0
  let restCount = 0
  let idCount = 0
  let exitCount = 0

  /** Bytes that lead such a residual back to itself, [ROWS, 8], where `hasLoops` says that they are known. */
  const loops = new Uint32Array(8 * ROWS)
  const hasLoops = new Uint8Array(ROWS)
  const rowFor = (residual: Regex): number => {
    if (residual < rowOf.length) {
      const known = rowOf[residual]!
      if (ownerOf[known] === residual) return known
    } else {
      const more = new Uint8Array(2 * residual)
      more.set(rowOf)
      rowOf = more
    }
    const row = oldest
    oldest = (oldest + 1) % ROWS
    rowOf[residual] = row
    ownerOf[row] = residual
    hasLoops[row] = 0
    rows.fill(-1, row << 8, (row + 1) << 8)
    return row
  }
  const next = (residual: Regex, by: number): Regex => {
    const at = (rowFor(residual) << 8) | by
    const known = rows[at]!
    if (known >= 0) return known
    const target = regexes.next(residual, by)
    rows[at] = target
    return target
  }
  const meet = (residual: Regex): void => {
    if (residual >= metIn.length) metIn = longer(metIn, 2 * residual)
    if (metIn[residual] === turn) return
    metIn[residual] = turn
    if (restCount === rests.length) rests = longer(rests, 2 * restCount)
    rests[restCount++] = residual
  }
  const addTokens = (node: number): void => {
    if (token[node]! < 0) return
    ids[idCount++] = token[node]!
    if (twins.size > 0) for (const twin of twins.get(node) ?? []) ids[idCount++] = twin
  }
  /** Where in `loops` the bytes are that lead a residual back to itself. */
  const loopsOf = (residual: Regex): number => {
    const row = rowFor(residual)
    if (hasLoops[row] === 0) {
      loops.fill(0, row << 3, (row + 1) << 3)
      for (let by = 0; by < 256; by++) {
        if (next(residual, by) === residual) loops[(row << 3) + (by >> 5)]! |= 1 << (by & 31)
      }
      hasLoops[row] = 1
    }
    return row << 3
  }
  /** Bytes below the node last looked at that lead elsewhere than back. */
  const strays = new Uint8Array(MOST_STRAYS)
  let strayCount = 0
  /** Lists the bytes of a word's bits; false when they are more than `most` in all. */
  const addStrays = (word: number, found: number, most: number): boolean => {
    for (let bits = found; bits !== 0; bits &= bits - 1) {
      if (strayCount === most) return false
      strays[strayCount++] = 32 * word + 31 - Math.clz32(bits & -bits)
    }
    return true
  }
  const isLeftByMany = (node: number, residual: Regex): boolean => {
    let count = 0
    for (let word = 0; word < 4; word++) {
      for (let bits = below[node * 8 + word]!; bits !== 0; bits &= bits - 1) {
        if (next(residual, 32 * word + 31 - Math.clz32(bits & -bits)) !== residual && ++count > MOST_STRAYS) return true
      }
    }
    return false
  }
  /**
   * Whether all below a node leads from a residual back to itself, but for few strays in a large subtree: byte by byte, or character by
   * character where all are UTF-8.
   */
  const staysBelow = (node: number, residual: Regex): Stay => {
    strayCount = 0
    const most = span[node]! < LARGE ? 0 : MOST_STRAYS
    // Most residuals that many bytes lead elsewhere from never come again: nothing is kept of them.
    if (most > 0 && isLeftByMany(node, residual)) return undefined
    const set = loopsOf(residual)
    const at = node * 8
    for (let word = 0; word < 4; word++)
      if (!addStrays(word, below[at + word]! & ~loops[set + word]!, most)) return undefined
    let wide = 0
    let others = 0
    for (let word = 4; word < 8; word++) {
      wide |= below[at + word]!
      others |= below[at + word]! & ~loops[set + word]!
    }
    if (wide === 0 && utf8[node] === 2) return 'characters'
    if (others === 0) return 'bytes'
    if (utf8[node] !== 2) return undefined
    const { within, others: leads } = circles(residual)
    for (let word = 6; word < 8; word++) if (!addStrays(word, below[at + word]! & leads[word]!, most)) return undefined
    for (const rest of within) meet(rest)
    return 'characters'
  }
  /** All tokens from a node to another, and the nodes as exits where the residual may end. */
  const addAll = (from: number, to: number, isNullable: boolean, stay: Stay): void => {
    idCount = copied(tokenIds, tokenAt[from]!, tokenAt[to]!, ids, idCount)
    if (!isNullable) return
    if (stay === 'characters') exitCount = copied(starts, startAt[from]!, startAt[to]!, exits, exitCount)
    else for (let each = from; each < to; each++) if (span[each]! > 1) exits[exitCount++] = each
  }
  /** All below a node, and the node as an exit where the residual may end; strays are read on from. */
  const addBelow = (node: number, residual: Regex, stay: Stay): void => {
    const isNullable = regexes.isNullable(residual)
    if (isNullable) exits[exitCount++] = node
    const end = node + span[node]!
    let from = node + 1
    const nextStray = strayCount > 0 ? inOrder(Array.from(strays.subarray(0, strayCount), trie.withByte)) : () => end
    for (let stray = nextStray(from); stray < end; stray = nextStray(from)) {
      addAll(from, stray, isNullable, stay)
      from = stray + span[stray]!
      at[depth[stray]! - 1] = residual
      walkThrough(stray, from)
    }
    addAll(from, end, isNullable, stay)
  }
  const walkThrough = (from: number, end: number): void => {
    let last = NOTHING
    let node = from
    while (node < end) {
      const level = depth[node]!
      const size = span[node]!
      const target = next(at[level - 1]!, byte[node]!)
      if (target === NOTHING) {
        node += size
        continue
      }
      if (target !== last) meet(target)
      last = target
      addTokens(node)
      if (size === 1) node++
      else if (target === EMPTY_TEXT) {
        exits[exitCount++] = node
        node += size
      } else {
        const first = byte[node + 1]!
        // Few are read as fast as they are judged.
        const mayStay = size >= LARGE || (size > SMALL && (first >= 0x80 || next(target, first) === target))
        const stay = mayStay ? staysBelow(node, target) : undefined
        if (stay) {
          addBelow(node, target, stay)
          node += size
        } else {
          at[level] = target
          if (regexes.isNullable(target)) exits[exitCount++] = node
          node++
        }
      }
    }
  }
  return (roots, residuals) => {
    idCount = 0
    exitCount = 0
    restCount = 0
    turn++
    for (let i = 0; i < roots.length; i++) {
      at[depth[roots[i]!]!] = residuals[i]!
      walkThrough(roots[i]! + 1, roots[i]! + span[roots[i]!]!)
    }
    return { ids: ids.subarray(0, idCount), exits: exits.subarray(0, exitCount), rests: rests.subarray(0, restCount) }
  }
}

/** The first node from one on that is in any of some ordered lists; asked for in order. Infinity where there is none. */
function inOrder(lists: readonly Int32Array[]): (from: number) => number {
  const places = lists.map(() => -1)
  return (from) => {
    let first = Infinity
    for (let i = 0; i < lists.length; i++) {
      const list = lists[i]!
      if (places[i]! < 0) places[i] = placeOf(list, from)
      while (places[i]! < list.length && list[places[i]!]! < from) places[i]!++
      if (places[i]! < list.length) first = Math.min(first, list[places[i]!]!)
    }
    return first
  }
}

/** Of the first number of an ordered list that is not smaller. */
function placeOf(list: Int32Array, from: number): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! < from) low = middle + 1
    else high = middle
  }
  return low
}

/** Fewer numbers are copied one by one. */
const MANY = 32

/** Copies a part of a list behind what another holds. @returns How many that are then. */
function copied(list: Int32Array, from: number, to: number, into: Int32Array, count: number): number {
  if (to - from >= MANY) into.set(list.subarray(from, to), count)
  else for (let i = from, at = count; i < to; i++) into[at++] = list[i]!
  return count + to - from
}
