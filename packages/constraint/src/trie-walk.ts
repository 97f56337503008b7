import type { ByteSet } from './byte-sets.ts'
import { kept } from './kept.ts'
import { EMPTY_TEXT, NOTHING, type Regex, type Regexes } from './regexes.ts'
import type { TokenTrie } from './token-trie.ts'

/** Tokens that stay inside a regex, and nodes with children at which it may have ended. Borrowed until the next walk. */
export interface Walk {
  readonly ids: Int32Array
  readonly exits: Int32Array
}

/** Walks the subtrees below `roots`, each entered in its residual. @param rests Takes the residuals met. */
export type Walker = (roots: ArrayLike<number>, residuals: ArrayLike<number>, rests?: Set<Regex>) => Walk

/** Residuals whose loops are kept. */
const MOST_LOOPS = 8192
/** Rows at hand during a walk, a power of two. */
const ROWS = 64

/** A walker with scratch of its own: a walk leaves nothing to the collector. */
export function walkerOf(trie: TokenTrie, regexes: Regexes): Walker {
  const { byte, depth, span, token, twins, below } = trie
  const at = new Int32Array(trie.maxDepth + 2)
  const ids = new Int32Array(32 * trie.words)
  const exits = new Int32Array(trie.size)
  const loops = kept<Regex, ByteSet>(MOST_LOOPS, () => 1)
  let loopsAt = NOTHING
  let loopSet: ByteSet = new Uint32Array(8)
  /** Transitions of the residuals met last, [ROWS, 256], at `residual % ROWS`; −1 where they were not asked for. */
  const rows = new Int32Array(256 * ROWS)
  const rowOf = new Int32Array(ROWS).fill(NOTHING)
  let idCount = 0
  let exitCount = 0

  const next = (residual: Regex, by: number): Regex => {
    const row = residual & (ROWS - 1)
    if (rowOf[row] !== residual) {
      rowOf[row] = residual
      rows.fill(-1, row << 8, (row + 1) << 8)
    }
    const known = rows[(row << 8) | by]!
    if (known >= 0) return known
    const target = regexes.next(residual, by)
    rows[(row << 8) | by] = target
    return target
  }
  const addTokens = (node: number): void => {
    if (token[node]! < 0) return
    ids[idCount++] = token[node]!
    if (twins.size > 0) for (const twin of twins.get(node) ?? []) ids[idCount++] = twin
  }
  /** Bytes that lead from a residual back to itself. */
  const loopsOf = (residual: Regex): ByteSet => {
    if (loopsAt === residual) return loopSet
    let set = loops.get(residual)
    if (!set) {
      set = new Uint32Array(8)
      for (let each = 0; each < 256; each++) {
        if (regexes.next(residual, each) === residual) set[each >> 5]! |= 1 << (each & 31)
      }
      loops.set(residual, set)
    }
    loopsAt = residual
    loopSet = set
    return set
  }
  /** Whether every byte below a node leads from a residual back to itself. */
  const staysBelow = (node: number, residual: Regex): boolean => {
    if (next(residual, byte[node + 1]!) !== residual) return false
    const set = loopsOf(residual)
    for (let word = 0; word < 8; word++) if ((below[node * 8 + word]! & ~set[word]!) !== 0) return false
    return true
  }
  /** All tokens below a node, and the node and those below as exits where the residual may end. */
  const addSubtree = (node: number, isNullable: boolean): void => {
    const end = node + span[node]!
    if (isNullable) exits[exitCount++] = node
    for (let each = node + 1; each < end; each++) {
      addTokens(each)
      if (isNullable && span[each]! > 1) exits[exitCount++] = each
    }
  }
  const walkBelow = (root: number, rests: Set<Regex> | undefined): void => {
    const end = root + span[root]!
    let last = NOTHING
    let node = root + 1
    while (node < end) {
      const level = depth[node]!
      const size = span[node]!
      const target = next(at[level - 1]!, byte[node]!)
      if (target === NOTHING) {
        node += size
        continue
      }
      if (target !== last) rests?.add(target)
      last = target
      addTokens(node)
      if (size === 1) node++
      else if (target === EMPTY_TEXT) {
        exits[exitCount++] = node
        node += size
      } else if (staysBelow(node, target)) {
        addSubtree(node, regexes.isNullable(target))
        node += size
      } else {
        at[level] = target
        if (regexes.isNullable(target)) exits[exitCount++] = node
        node++
      }
    }
  }
  return (roots, residuals, rests) => {
    idCount = 0
    exitCount = 0
    for (let i = 0; i < roots.length; i++) {
      at[depth[roots[i]!]!] = residuals[i]!
      walkBelow(roots[i]!, rests)
    }
    return { ids: ids.subarray(0, idCount), exits: exits.subarray(0, exitCount) }
  }
}
