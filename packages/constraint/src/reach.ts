/**
 * Which tokens a regex lets through, apart from what follows it: the part of a mask that every grammar shares. After the
 * context-independent tokens of XGrammar (Dong et al. 2024, section 3.1), but by residual regex and computed when needed.
 */

import { crossings } from './crossing.ts'
import { addInside, type Inside, inside, remainderOf, setAll } from './inside.ts'
import { kept } from './kept.ts'
import { NOTHING, type Regex, type Regexes } from './regexes.ts'
import type { TokenTrie } from './token-trie.ts'
import { type Walker, walkerOf } from './trie-walk.ts'
import { repetitions } from './units.ts'
import { freed, relaxedBy, widened } from './widen.ts'

export interface Reach {
  (regex: Regex): Inside
  /** Bytes kept, about. */
  readonly bytes: number
}

/** Bounded repetitions are told apart only by tokens longer than the bound, from this many bytes on. */
const LEAST_SLACK = 6

/** As steps of work, a walk of the trie. */
const WALK_STEPS = 256

/** Of an exit, with its share of what is built to read on from it. */
const EXIT_BYTES = 64
const LEAST_BYTES = 512

const bytesOf = ({ mask, without, ids, exits }: Inside): number =>
  LEAST_BYTES + (mask?.byteLength ?? 0) + 8 * (without.length + ids.length) + EXIT_BYTES * exits.length

/** Computes what each regex lets through, and keeps up to so many bytes of that. */
export function reachOf(trie: TokenTrie, regexes: Regexes, limit: number): Reach {
  const known = kept<Regex, Inside>((3 * limit) / 4, bytesOf)
  const wide = widened(regexes)
  const relax = relaxedBy(regexes)
  const walk = walkerOf(trie, regexes)
  const free = freed(regexes)
  /** Units that the shortest rest of any token's text needs, by regex without a bound. */
  const farthest = new Map<Regex, number>()
  const ofFree = (regex: Regex, needOf: (rest: Regex) => number): Inside => {
    const found = known.get(regex)
    if (found && farthest.has(regex)) return found
    const walked = walk([0], [regex])
    const made = inside(trie, walked.ids, walked.exits.slice())
    let most = 0
    for (const rest of walked.rests) most = Math.max(most, needOf(rest))
    farthest.set(regex, most)
    known.set(regex, made)
    return made
  }
  const repeated = repetitions(trie, regexes, limit / 4)
  const crossing = crossings(trie, regexes, walk)
  const compute = (regex: Regex): Inside => {
    regexes.clock.tick(WALK_STEPS)
    const relaxed = relax(regex)
    if (relaxed !== regex) return corrected(trie, regexes, { regex, relaxed, base: reach(relaxed) })
    const bounded = free(regex)
    if (bounded && bounded.max > LEAST_SLACK) {
      const base = ofFree(bounded.free, bounded.needOf)
      const slack = bounded.max - farthest.get(bounded.free)!
      if (slack >= trie.maxDepth) return base
      if (slack >= LEAST_SLACK) return narrowed({ trie, regexes, walk }, regex, base, slack)
    }
    const counted = repeated.within(regex)
    if (counted) return counted
    const split = crossing.split(regex)
    const head = split && repeated.within(split.head)
    if (split && head) return crossing.joined(split, head)
    const { regex: canonical, slack } = wide(regex)
    if (canonical !== regex && slack >= LEAST_SLACK) {
      return narrowed({ trie, regexes, walk }, regex, reach(canonical), slack)
    }
    if (split) return crossing.joined(split, reach(split.head))
    const { ids, exits } = walk([0], [regex])
    return inside(trie, ids, exits.slice())
  }
  const reach = Object.defineProperty(
    (regex: Regex): Inside => {
      const found = known.get(regex)
      if (found) return found
      const made = compute(regex)
      known.set(regex, made)
      return made
    },
    'bytes',
    { get: () => known.size + repeated.bytes },
  ) as Reach
  return reach
}

interface Walking {
  readonly trie: TokenTrie
  readonly regexes: Regexes
  readonly walk: Walker
}

/** As `canonical`, which has no bound, for tokens of up to `slack` bytes; longer ones are walked. */
function narrowed({ trie, regexes, walk }: Walking, regex: Regex, canonical: Inside, slack: number): Inside {
  const longer = trie.atDepth(slack)
  const roots: number[] = []
  const residuals: Regex[] = []
  const along = pathsOf(trie, regexes, regex)
  for (const node of longer) {
    if (trie.span[node] === 1) continue
    const residual = along(node)
    if (residual === NOTHING) continue
    roots.push(node)
    residuals.push(residual)
  }
  const deep = walk(roots, residuals)
  const exits = upTo(slack, canonical.exits, trie)
  const isSame = deep.exits.length === 0 && exits.length === canonical.exits.length
  const all = isSame ? canonical.exits : both(exits, deep.exits)
  const remainder = isSame ? canonical.remainder : remainderOf(trie, all, [])
  const cut = trie.longerThan(slack)
  if (!canonical.mask) {
    const short = canonical.ids.filter((id) => (cut[id >> 5]! & (1 << (id & 31))) === 0)
    return { without: [], ids: [...short, ...deep.ids], exits: all, remainder }
  }
  const mask = new Uint32Array(trie.words)
  addInside(mask, canonical)
  for (let word = 0; word < mask.length; word++) mask[word]! &= ~cut[word]!
  setAll(mask, deep.ids)
  return { mask, without: [], ids: [], exits: all, remainder }
}

/** Nodes at a depth of so much at most. There may be a hundred thousand. */
function upTo(most: number, nodes: Int32Array, { depth }: TokenTrie): Int32Array {
  const kept = new Int32Array(nodes.length)
  let count = 0
  for (let i = 0; i < nodes.length; i++) if (depth[nodes[i]!]! <= most) kept[count++] = nodes[i]!
  return kept.slice(0, count)
}

function both(some: Int32Array, more: Int32Array): Int32Array {
  const all = new Int32Array(some.length + more.length)
  all.set(some)
  all.set(more, some.length)
  return all
}

interface Correction {
  readonly regex: Regex
  /** The same without exclusions. */
  readonly relaxed: Regex
  readonly base: Inside
}

/** As the relaxed regex, but for places of the trie where an excluded text is still possible. */
function corrected(trie: TokenTrie, regexes: Regexes, { regex, relaxed, base }: Correction): Inside {
  const { span, byte, tokenAt, tokenIds } = trie
  const without: number[] = []
  const more: number[] = []
  const removed = new Set<number>()
  const added: number[] = []
  const visit = (node: number, at: Regex, free: Regex): void => {
    const end = node + span[node]!
    for (let child = node + 1; child < end; child += span[child]!) {
      const next = regexes.next(at, byte[child]!)
      const nextFree = regexes.next(free, byte[child]!)
      if (next === nextFree) continue
      const after = child + span[child]!
      if (next === NOTHING) {
        for (let i = tokenAt[child]!; i < tokenAt[after]!; i++) without.push(tokenIds[i]!)
        for (let below = child; below < after; below++) removed.add(below)
        continue
      }
      for (let i = tokenAt[child]!; i < tokenAt[child + 1]!; i++) more.push(tokenIds[i]!)
      removed.add(child)
      if (regexes.isNullable(next) && span[child]! > 1) added.push(child)
      visit(child, next, nextFree)
    }
  }
  visit(0, regex, relaxed)
  const kept = base.exits.filter((node) => !removed.has(node))
  const isSame = added.length === 0 && kept.length === base.exits.length
  const exits = isSame ? base.exits : Int32Array.from([...kept, ...added])
  const lost = new Set(without)
  return {
    ...(base.mask && { mask: base.mask }),
    without: [...base.without, ...without],
    ids: [...base.ids.filter((id) => !lost.has(id)), ...more],
    exits,
    remainder: isSame ? base.remainder : remainderOf(trie, exits, []),
  }
}

/** What a regex leaves behind the bytes of a node. Nodes asked for in order share the way to their common ancestor. */
function pathsOf(
  { parent, depth, byte, maxDepth }: TokenTrie,
  regexes: Regexes,
  regex: Regex,
): (node: number) => Regex {
  const nodes = new Int32Array(maxDepth + 1)
  const residuals = new Int32Array(maxDepth + 1)
  residuals[0] = regex
  const along = (node: number): Regex => {
    const level = depth[node]!
    if (nodes[level] === node) return residuals[level]!
    const before = along(parent[node]!)
    nodes[level] = node
    residuals[level] = before === NOTHING ? NOTHING : regexes.next(before, byte[node]!)
    return residuals[level]!
  }
  return along
}
