/**
 * Monte-Carlo tree search over a trigram table. A node is a token after the pair of the two before it; N: visits of the parent, p: the weight of
 * the edge. From the root the search goes to the child of largest
 *
 *   PUCT = score / visits + (c1 + ln((N + c2 + 1) / c2)) · p · √N / (1 + visits),   c1 = 32, c2 = 8; unvisited: +∞
 *
 * down to a node without children; that node gets all its children at once, the search steps to the last one and rolls out from there
 * with draws in proportion to the weights. The reward, 1 + the weights along the whole path, goes to every node of the path.
 */
import type { Draws } from '@foretoken/core'
import { SUCCESSORS, type TrigramTable } from './trigram-table.ts'

const C1 = 32
const C2 = 8

export interface SearchOptions {
  readonly iterations: number
  /** Most tokens of a path. */
  readonly depth: number
}

/** The searched tree; its arrays are reused by the next search. Children of a node are consecutive, heaviest first. */
export interface SearchTree {
  /** Nodes; node 0 is the root, the last committed token. */
  readonly size: number
  /** [size] each, in the order in which nodes were made: parents before children. */
  readonly tokens: Int32Array
  readonly parents: Int32Array
  readonly depths: Int32Array
  readonly visits: Int32Array
  readonly scores: Float64Array
  /** Weight of the edge from the parent: p. */
  readonly weights: Float64Array
  /** Place in the table of the pair that ends here, or −1. */
  readonly places: Int32Array
  /** First child, or −1; as many as the table has successors at the node's place. */
  readonly firstChildren: Int32Array
}

export interface TreeSearch {
  /** Searches after the pair (a, b) in at most `depth` levels. Draws are keyed by level and iteration. */
  search(table: TrigramTable, a: number, b: number, depth: number, draws: Draws): SearchTree
}

/** The part of PUCT that the children of a node share: (c1 + ln((N + c2 + 1) / c2)) · √N. */
export function exploration(parentVisits: number): number {
  return (C1 + Math.log((parentVisits + C2 + 1) / C2)) * Math.sqrt(parentVisits)
}

/** PUCT of one child; `shared` is `exploration(N)`. */
export function puct(score: number, visits: number, p: number, shared: number): number {
  return visits === 0 ? Infinity : score / visits + (shared * p) / (1 + visits)
}

/** Buffers for searches of so many iterations. */
export function treeSearch({ iterations, depth: mostLevels }: SearchOptions): TreeSearch {
  const most = 1 + iterations * SUCCESSORS
  const tree = {
    size: 0,
    tokens: new Int32Array(most),
    parents: new Int32Array(most),
    depths: new Int32Array(most),
    visits: new Int32Array(most),
    scores: new Float64Array(most),
    weights: new Float64Array(most),
    places: new Int32Array(most),
    firstChildren: new Int32Array(most),
  }

  function addNode(token: number, parent: number, depth: number, weight: number, place: number): number {
    const node = tree.size++
    tree.tokens[node] = token
    tree.parents[node] = parent
    tree.depths[node] = depth
    tree.visits[node] = 0
    tree.scores[node] = 0
    tree.weights[node] = weight
    tree.places[node] = place
    tree.firstChildren[node] = -1
    return node
  }

  /** The node without children that PUCT leads to. */
  function select(table: TrigramTable): number {
    let node = 0
    while (tree.firstChildren[node]! >= 0) {
      const first = tree.firstChildren[node]!
      const end = first + table.count(tree.places[node]!)
      const shared = exploration(tree.visits[node]!)
      let best = -1
      for (let child = first; child < end; child++) {
        const value = puct(tree.scores[child]!, tree.visits[child]!, tree.weights[child]!, shared)
        if (value > best) {
          best = value
          node = child
        }
      }
    }
    return node
  }

  /** Gives a node all its children; returns the last one, or the node itself when it can have none. */
  function expand(table: TrigramTable, node: number, levels: number): number {
    const place = tree.places[node]!
    if (place < 0 || tree.depths[node]! >= levels) return node
    tree.firstChildren[node] = tree.size
    const before = tree.tokens[node]!
    let child = node
    for (let rank = 0; rank < table.count(place); rank++) {
      const token = table.token(place, rank)
      child = addNode(token, node, tree.depths[node]! + 1, table.weight(place, rank), table.find(before, token))
    }
    return child
  }

  /** Weights of a random continuation below a node. */
  function rollOut(table: TrigramTable, node: number, levels: number, draws: Draws, iteration: number): number {
    let reward = 0
    let previous = tree.tokens[node]!
    let place = tree.places[node]!
    for (let depth = tree.depths[node]!; depth < levels && place >= 0; depth++) {
      const isOpen = table.count(place) > 1
      const rank = isOpen ? drawRank(table, place, draws.uniform(depth, iteration)) : 0
      const token = table.token(place, rank)
      reward += table.weight(place, rank)
      place = table.find(previous, token)
      previous = token
    }
    return reward
  }

  function learn(node: number, reward: number): void {
    for (let at = node; at >= 0; at = tree.parents[at]!) {
      tree.visits[at]!++
      tree.scores[at]! += reward
    }
  }

  return {
    search(table, a, b, depth, draws) {
      const levels = Math.min(depth, mostLevels)
      tree.size = 0
      addNode(b, -1, 0, 0, table.find(a, b))
      if (tree.places[0]! < 0) return tree
      for (let iteration = 0; iteration < iterations; iteration++) {
        const node = expand(table, select(table), levels)
        let reward = 1 + rollOut(table, node, levels, draws, iteration)
        for (let at = node; at > 0; at = tree.parents[at]!) reward += tree.weights[at]!
        learn(node, reward)
      }
      return tree
    },
  }
}

/** Rank drawn in proportion to the weights, with a uniform u in [0, 1). */
function drawRank(table: TrigramTable, place: number, u: number): number {
  const goal = u * table.total(place)
  const last = table.count(place) - 1
  let sum = 0
  for (let rank = 0; rank < last; rank++) {
    sum += table.weight(place, rank)
    if (sum > goal) return rank
  }
  return last
}
