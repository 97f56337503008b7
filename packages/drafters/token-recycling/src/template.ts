/**
 * Tree templates. A template says which successors are followed: node i is the successor of rank `ranks[i]` of its parent's token.
 *
 * Search: with a(d, r) the measured probability that the successor of rank r at level d is accepted when its parent was, a
 * tree is expected to accept the sum over its nodes of v(node), the product of a along the path from the root. v never grows along a path,
 * so the n nodes of largest v, parents first on ties, form a tree, and no tree of n nodes has a larger sum.
 */
import { badOption, checkInteger } from '@foretoken/core'

/** A tree of ranks in topological order. Every prefix is a template as well. */
export interface Template {
  /** Parent of each node, [nodes], `parents[i] < i`; −1 for the last committed token. */
  readonly parents: Int32Array
  /** Rank of each node among its parent's successors, [nodes]. */
  readonly ranks: Int32Array
  /** Level of each node, [nodes]; 1 below the last committed token. */
  readonly depths: Int32Array
}

/** `rates[d][r]`: the share of tried successors of rank r at level d + 1 that were accepted, in [0, 1]. Missing ones are 0. */
export type AcceptanceRates = readonly (readonly number[])[]

/**
 * A template from the ranks that lead to each of its nodes, in the papers' form: `[[0], [1], [0, 0]]`.
 * @throws BAD_OPTION unless every path's parent stands before it and no path stands twice.
 */
export function templateOf(paths: readonly (readonly number[])[]): Template {
  const nodes = new Map<string, number>()
  const template = emptyTemplate(paths.length)
  for (const [node, path] of paths.entries()) {
    const rank = path.at(-1) ?? -1
    const parent = path.length === 1 ? -1 : nodes.get(path.slice(0, -1).join())
    const isKnown = nodes.has(path.join())
    if (!Number.isInteger(rank) || rank < 0 || parent === undefined || isKnown) {
      throw badOption('templateOf', 'paths', `holds [${path}] at ${node}`, 'new paths of ranks, each after its parent')
    }
    nodes.set(path.join(), node)
    template.parents[node] = parent
    template.ranks[node] = rank
    template.depths[node] = path.length
  }
  return template
}

/** The template "2.2.2" of the paper's code: 80 nodes on 6 levels, for accelerators on which their rows cost one step. */
export function paperTemplate(): Template {
  const paths: number[][] = []
  for (let level: number[][] = [[]]; level.length > 0; ) {
    level = level.flatMap((path) => Array.from({ length: paperChildren(path) }, (_, rank) => [...path, rank]))
    paths.push(...level)
  }
  return templateOf(paths)
}

/** Paths of the nodes with so many children, as digits; all others have none. */
const PAPER_CHILDREN: readonly (readonly [children: number, paths: readonly string[]])[] = [
  [8, ['', '0', '00']],
  [5, ['000']],
  [4, ['1']],
  [3, ['2', '01', '0000']],
  [2, ['3', '02', '10', '001', '00000']],
  [1, ['4', '5', '6', '7', '03', '04', '05', '06', '07', '11', '20', '30', '40', '50', '002', '003', '004', '010']],
  [1, ['020', '100', '200', '300', '0001', '0002', '0010', '0100', '1000', '00010']],
]

function paperChildren(path: readonly number[]): number {
  return PAPER_CHILDREN.find(([, paths]) => paths.includes(path.join('')))?.[0] ?? 0
}

/**
 * The best template of `nodes` nodes for measured acceptance rates. Nodes come in the order of their worth, so that its
 * prefixes are the best templates of every smaller size. Fewer nodes when no other can be accepted.
 * @throws BAD_OPTION
 * @example
 * const template = searchTemplate(meter.rates(), 7)
 */
export function searchTemplate(rates: AcceptanceRates, nodes: number): Template {
  checkInteger('searchTemplate', 'nodes', nodes, 1, 4096)
  for (const rate of rates.flat()) {
    if (!(rate >= 0 && rate <= 1)) throw badOption('searchTemplate', 'rates', `hold ${rate}`, 'numbers from 0 to 1')
  }
  const template = emptyTemplate(nodes)
  const open: Candidate[] = candidates(rates, -1, 0, 1)
  let node = 0
  for (; node < nodes && open.length > 0; node++) {
    let best = 0
    for (let i = 1; i < open.length; i++) if (open[i]!.worth > open[best]!.worth) best = i
    const [chosen] = open.splice(best, 1) as [Candidate]
    template.parents[node] = chosen.parent
    template.ranks[node] = chosen.rank
    template.depths[node] = chosen.depth
    open.push(...candidates(rates, node, chosen.depth, chosen.worth))
  }
  if (node === 0) throw badOption('searchTemplate', 'rates', 'are all 0', 'one above 0; measure over more rounds')
  return cutTemplate(template, node)
}

/** The first `nodes` nodes of a template. */
export function cutTemplate({ parents, ranks, depths }: Template, nodes: number): Template {
  return { parents: parents.slice(0, nodes), ranks: ranks.slice(0, nodes), depths: depths.slice(0, nodes) }
}

/** A node that may grow next. */
interface Candidate {
  readonly parent: number
  readonly rank: number
  readonly depth: number
  /** Probability that the whole path down to it is accepted. */
  readonly worth: number
}

/** Children of a node that have any chance. */
function candidates(rates: AcceptanceRates, parent: number, depth: number, worth: number): Candidate[] {
  const all = (rates[depth] ?? []).map((rate, rank) => ({ parent, rank, depth: depth + 1, worth: worth * rate }))
  return all.filter((candidate) => candidate.worth > 0)
}

/** Tokens that a template is expected to accept in a round. */
export function expectedAcceptance(template: Template, rates: AcceptanceRates): number {
  const { parents, ranks, depths } = template
  const worths = new Float64Array(parents.length)
  let sum = 0
  for (let node = 0; node < worths.length; node++) {
    const rate = rates[depths[node]! - 1]?.[ranks[node]!] ?? 0
    worths[node] = rate * (parents[node]! < 0 ? 1 : worths[parents[node]!]!)
    sum += worths[node]!
  }
  return sum
}

/** @throws BAD_OPTION unless it is a tree in topological order of distinct ranks below `width`. */
export function checkTemplate(method: string, template: Template, width: number): void {
  const { parents, ranks } = template
  const { length } = parents
  if (length < 1 || ranks.length !== length || template.depths.length !== length) {
    throw badOption(method, 'template', `has ${length} parents and ${ranks.length} ranks`, 'as many, at least one')
  }
  const seen = new Set<number>()
  for (let node = 0; node < length; node++) {
    const [parent, rank, depth] = [parents[node]!, ranks[node]!, template.depths[node]!]
    const place = (parent + 1) * 64 + rank
    const isPlaced = parent >= -1 && parent < node && depth === (parent < 0 ? 1 : template.depths[parent]! + 1)
    if (!isPlaced || rank < 0 || rank >= width || seen.has(place)) {
      const found = `has rank ${rank} below node ${parent} at node ${node}`
      throw badOption(method, 'template', found, `new ranks below ${width}, each after its parent`)
    }
    seen.add(place)
  }
}

function emptyTemplate(nodes: number): Template {
  return { parents: new Int32Array(nodes), ranks: new Int32Array(nodes), depths: new Int32Array(nodes) }
}
