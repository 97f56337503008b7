import { type Draws, rng, STREAMS } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { draftOf } from './draft-tree.ts'
import { exploration, puct, treeSearch } from './tree-search.ts'
import { type TrigramTable, trigramTable } from './trigram-table.ts'

const limits = { nodes: 64, levels: 9, vocabularySize: 100 }

function drawsOf(seed: number): Draws {
  const source = rng(seed)
  return { uniform: (offset, index = 0) => source.uniform(STREAMS.draft, offset, index) }
}

/** A search by the definition: objects, and a full scan at every step. */
interface SlowNode {
  readonly pair: readonly [number, number]
  readonly depth: number
  readonly p: number
  readonly parent: SlowNode | undefined
  children: SlowNode[]
  visits: number
  score: number
}

function slowSearch(table: TrigramTable, pair: [number, number], levels: number, iterations: number, draws: Draws) {
  const after = ([a, b]: readonly [number, number]): [number, number][] => {
    const place = table.find(a, b)
    if (place < 0) return []
    return Array.from({ length: table.count(place) }, (_, rank) => [
      table.token(place, rank),
      table.weight(place, rank),
    ])
  }
  const nodeOf = (parent: SlowNode | undefined, next: readonly [number, number], p: number): SlowNode => {
    return { pair: next, depth: (parent?.depth ?? -1) + 1, p, parent, children: [], visits: 0, score: 0 }
  }
  const root = nodeOf(undefined, pair, 0)
  const made = [root]
  for (let iteration = 0; iteration < iterations && after(pair).length > 0; iteration++) {
    let node = root
    while (node.children.length > 0) {
      const N = node.visits
      const value = (child: SlowNode): number => {
        if (child.visits === 0) return Infinity
        const explore = (32 + Math.log((N + 8 + 1) / 8)) * child.p * Math.sqrt(N)
        return child.score / child.visits + explore / (1 + child.visits)
      }
      const values = node.children.map(value)
      node = node.children[values.indexOf(Math.max(...values))]!
    }
    if (node.depth < levels) {
      node.children = after(node.pair).map(([token, weight]) => nodeOf(node, [node.pair[1], token], weight))
      made.push(...node.children)
      node = node.children.at(-1) ?? node
    }
    let reward = 1
    for (let at: SlowNode | undefined = node; at !== undefined; at = at.parent) reward += at.p
    let walked = node.pair
    for (let depth = node.depth; depth < levels && after(walked).length > 0; depth++) {
      const open = after(walked)
      const sums = open.map((_, rank) => open.slice(0, rank + 1).reduce((sum, [, w]) => sum + w, 0))
      const goal = open.length > 1 ? draws.uniform(depth, iteration) * sums.at(-1)! : 0
      const [token, weight] = open[sums.findIndex((sum) => sum > goal)] ?? open.at(-1)!
      reward += weight
      walked = [walked[1], token]
    }
    for (let at: SlowNode | undefined = node; at !== undefined; at = at.parent) {
      at.visits++
      at.score += reward
    }
  }
  return made
}

const adds = fc.array(
  fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.constantFrom(0.05, 0.3, 0.56, 1.12)),
  { maxLength: 60 },
)

function tableOf(entries: readonly (readonly [number, number, number, number])[]): TrigramTable {
  const table = trigramTable({ pairs: 256 })
  for (const [a, b, c, amount] of entries) table.add(a, b, c, amount)
  return table
}

it('scores children by the formula', () => {
  expect(puct(2, 2, 0.3, exploration(9))).toBeCloseTo(10.8433, 4)
  expect(puct(0, 0, 0.3, exploration(9))).toBe(Infinity)
})

it('searches as the definition does', () => {
  const search = treeSearch({ iterations: 40, depth: 3 })
  fc.assert(
    fc.property(adds, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 99 }), (entries, room, seed) => {
      const table = tableOf(entries)
      const tree = search.search(table, 1, 2, room, drawsOf(seed))
      const slow = slowSearch(table, [1, 2], Math.min(3, room), 40, drawsOf(seed))
      const nodes = Array.from({ length: tree.size }, (_, node) => node)
      expect(nodes.map((node) => tree.tokens[node])).toEqual(slow.map(({ pair }) => pair[1]))
      expect(nodes.map((node) => tree.visits[node])).toEqual(slow.map(({ visits }) => visits))
      expect(nodes.map((node) => tree.parents[node])).toEqual(slow.map(({ parent }) => slow.indexOf(parent!)))
      for (const node of nodes) expect(tree.scores[node]).toBeCloseTo(slow[node]!.score, 9)
    }),
    { numRuns: 150 },
  )
})

it('visits the root in every iteration, and no node less than its children together', () => {
  const search = treeSearch({ iterations: 150, depth: 3 })
  fc.assert(
    fc.property(adds, (entries) => {
      const tree = search.search(tableOf(entries), 1, 2, 9, drawsOf(1))
      if (tree.size > 1) expect(tree.visits[0]).toBe(150)
      const below = new Array<number>(tree.size).fill(0)
      for (let node = 1; node < tree.size; node++) below[tree.parents[node]!]! += tree.visits[node]!
      for (let node = 0; node < tree.size; node++) expect(tree.visits[node]).toBeGreaterThanOrEqual(below[node]!)
    }),
  )
})

it('drafts the chain of a chain table, one token deeper than the search', () => {
  const table = tableOf([
    [1, 2, 3, 1],
    [2, 3, 4, 1],
    [3, 4, 5, 1],
    [4, 5, 6, 1],
    [5, 6, 7, 1],
  ])
  const tree = treeSearch({ iterations: 50, depth: 3 }).search(table, 1, 2, 9, drawsOf(1))
  const draft = draftOf(tree, table, 1, limits)
  expect([...draft.tokens]).toEqual([3, 4, 5, 6])
  expect([...draft.parents!]).toEqual([-1, 0, 1, 2])
  expect([...draft.confidence!]).toEqual([0.5, 0.5, 0.5, 0.5])
  expect([...draftOf(tree, table, 1, { ...limits, levels: 2 }).tokens]).toEqual([3, 4])
  expect([...draftOf(tree, table, 1, { ...limits, nodes: 3 }).tokens]).toEqual([3, 4, 5])
  expect([...draftOf(tree, table, 1, { ...limits, vocabularySize: 5 }).tokens]).toEqual([3, 4])
})

it('drafts the most visited paths, each with the likeliest successor, and no path twice', () => {
  const search = treeSearch({ iterations: 60, depth: 3 })
  fc.assert(
    fc.property(adds, fc.integer({ min: 1, max: 30 }), (entries, nodes) => {
      const table = tableOf(entries)
      const tree = search.search(table, 1, 2, 9, drawsOf(5))
      const draft = draftOf(tree, table, 0.5, { ...limits, nodes })
      const pathOf = (parents: ArrayLike<number>, tokens: ArrayLike<number>, node: number, root: number): string => {
        return node === root ? '' : `${pathOf(parents, tokens, parents[node]!, root)} ${tokens[node]}`
      }
      const found = Array.from(draft.tokens, (_, node) => pathOf(draft.parents!, draft.tokens, node, -1))
      const order = Array.from({ length: Math.max(0, tree.size - 1) }, (_, i) => i + 1)
      order.sort((a, b) => tree.visits[b]! - tree.visits[a]! || a - b)
      const expected = new Set<string>()
      for (const node of order.slice(0, 24)) {
        const path = pathOf(tree.parents, tree.tokens, node, 0)
        expected.add(path)
        if (tree.places[node]! >= 0) expected.add(`${path} ${table.token(tree.places[node]!, 0)}`)
      }
      expect(found).toEqual([...expected].slice(0, nodes))
    }),
  )
})
