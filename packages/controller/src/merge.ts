/**
 * Merging: the drafts of several drafters become one tree, nodes with equal paths one node. Each node v carries P(v), the
 * probability that the whole path to it is accepted: the product of the estimates along the path, the larger one where
 * drafters agree. A sibling from another drafter only counts for what the earlier drafters' siblings leave. Drafters read the
 * same text and err together, so what they say side by side is worth another amount than alone: by role, agreed upon or
 * contradicted, first or later among its siblings, a node's log-odds are moved by what the rounds so far have shown.
 *
 * Point masses only: a token that was drawn may not be left out after a look at it.
 */
import { type Draft, isChain, parentOf } from '@foretoken/core'

export interface Merge {
  /** Nodes so far. */
  readonly count: number
  clear(): void
  /** @param estimates Acceptance of each node given its parent, [nodes]. */
  add(source: number, draft: Draft, estimates: Float64Array): void
  /** Settles P and the order of nodes, most probable first; ties keep parents before children. */
  settle(): void
  /** P of the node that is `place`-th in order. */
  probability(place: number): number
  /** Follows a round: its committed tokens decide the nodes along them. Forgets the nodes. */
  learn(committed: Int32Array): void
  /** Share of a drafter in the `place`-th node: equal ones for all who propose it, 0 for others. */
  share(place: number, source: number): number
  /** The first `count` nodes in order: a tree, since no node is more probable than its parent. */
  build(count: number): Draft
}

/** Most nodes that are considered; further ones are left out. */
const CAPACITY = 128
/** What one trial moves a role's log-odds by, for each unit of surprise. */
const RATE = 0.05
/** Roles of a node about which drafters say different things, or the same. */
const AGREED = 0
const CONTRADICTED = 2
const ROLES = 4
const POINT_MASS = { kind: 'point-mass' } as const

export function merge(): Merge {
  const tokens = new Int32Array(CAPACITY)
  const parents = new Int32Array(CAPACITY)
  const sources = new Int32Array(CAPACITY)
  /** Drafters that propose the node, a bit each. */
  const proposers = new Int32Array(CAPACITY)
  const roles = new Int32Array(CAPACITY)
  /** Log-odds to add, [roles]. */
  const moved = new Float64Array(ROLES)
  const local = new Float64Array(CAPACITY)
  const path = new Float64Array(CAPACITY)
  const order = new Int32Array(CAPACITY)
  const place = new Int32Array(CAPACITY)
  const mine = new Int32Array(CAPACITY)
  let count = 0
  /** True when several drafters have nodes. */
  let isMixed = false

  /** The child of `parent` with `token`, and what its siblings of other sources leave. */
  function find(parent: number, token: number, source: number): { node: number; left: number; all: number } {
    let [left, all] = [1, 1]
    for (let node = parent + 1; node < count; node++) {
      if (parents[node] !== parent) continue
      if (tokens[node] === token) return { node, left, all }
      all -= local[node]!
      if (sources[node] !== source) left -= local[node]!
    }
    return { node: -1, left: Math.max(0, left), all: Math.max(0, all) }
  }

  function insert(parent: number, token: number, source: number, estimate: number): number {
    const { node, left, all } = find(parent, token, source)
    if (node >= 0) {
      proposers[node]! |= 1 << source
      local[node] = Math.max(local[node]!, estimate)
      return node
    }
    if (count === CAPACITY) return -2
    tokens[count] = token
    parents[count] = parent
    sources[count] = source
    proposers[count] = 1 << source
    local[count] = Math.min(estimate * left, all)
    return count++
  }

  /** −1 for a node of the only drafter that has something to say there. */
  function roleOf(node: number): number {
    const mine = proposers[node]!
    let speaking = mine
    let isLater = 0
    for (let other = parents[node]! + 1; other < count; other++) {
      if (other === node || parents[other] !== parents[node]) continue
      speaking |= proposers[other]!
      if (local[other]! > local[node]! || (local[other] === local[node] && other < node)) isLater = 1
    }
    if ((mine & (mine - 1)) !== 0) return AGREED + isLater
    return speaking === mine ? -1 : CONTRADICTED + isLater
  }

  /** Moves what drafters say by what their word is worth in these roles. */
  function correct(): void {
    for (let node = 0; node < count; node++) roles[node] = roleOf(node)
    for (let node = 0; node < count; node++) {
      if (roles[node]! >= 0) local[node] = withLogOdds(local[node]!, moved[roles[node]!]!)
    }
  }

  return {
    get count() {
      return count
    },
    clear() {
      count = 0
      isMixed = false
    },
    add(source, draft, estimates) {
      const nodes = Math.min(draft.tokens.length, CAPACITY)
      if (count > 0) isMixed = true
      for (let i = 0; i < nodes; i++) {
        const parent = parentOf(draft, i)
        const at = parent < 0 ? -1 : mine[parent]!
        mine[i] = at === -2 ? -2 : insert(at, draft.tokens[i]!, source, estimates[i]!)
      }
    },
    settle() {
      if (isMixed) correct()
      else roles.fill(-1, 0, count)
      for (let node = 0; node < count; node++) {
        const parent = parents[node]!
        path[node] = local[node]! * (parent < 0 ? 1 : path[parent]!)
        let at = node
        for (; at > 0 && path[order[at - 1]!]! < path[node]!; at--) order[at] = order[at - 1]!
        order[at] = node
      }
    },
    learn(committed) {
      let at = -1
      for (let depth = 0; isMixed && depth < committed.length; depth++) {
        let next = -1
        for (let node = at + 1; node < count; node++) {
          if (parents[node] !== at) continue
          const isAccepted = tokens[node] === committed[depth]
          if (isAccepted) next = node
          if (roles[node]! >= 0) moved[roles[node]!]! += RATE * (Number(isAccepted) - local[node]!)
        }
        if (next < 0) break
        at = next
      }
      count = 0
    },
    probability: (i) => path[order[i]!]!,
    share: (i, source) => sharesOf(proposers[order[i]!]!, source),
    build(size) {
      const chosen = { tokens: new Int32Array(size), parents: new Int32Array(size) }
      for (let i = 0; i < size; i++) {
        const node = order[i]!
        place[node] = i
        chosen.tokens[i] = tokens[node]!
        chosen.parents[i] = parents[node]! < 0 ? -1 : place[parents[node]!]!
      }
      if (isChain(chosen)) return { tokens: chosen.tokens, q: POINT_MASS }
      return { ...chosen, q: POINT_MASS }
    },
  }
}

/** @param proposers A bit for each. */
function sharesOf(proposers: number, source: number): number {
  if ((proposers & (1 << source)) === 0) return 0
  let count = 0
  for (let rest = proposers; rest !== 0; rest &= rest - 1) count++
  return 1 / count
}

function withLogOdds(probability: number, more: number): number {
  const odds = (probability / Math.max(1e-9, 1 - probability)) * Math.exp(more)
  return odds / (1 + odds)
}
