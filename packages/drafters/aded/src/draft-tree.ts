/** From a searched tree to a draft: the most visited paths, each with the heaviest successor of its last pair. */
import type { Draft } from '@foretoken/core'
import type { SearchTree } from './tree-search.ts'
import type { TrigramTable } from './trigram-table.ts'

/** Most paths taken from a search. */
const PATHS = 24

export interface DraftLimits {
  /** Most tokens drafted. */
  readonly nodes: number
  /** Most levels. */
  readonly levels: number
  /** Tokens of the target; a table made for a larger vocabulary is not followed above it. */
  readonly vocabularySize: number
}

/**
 * The most visited nodes, parents before children. Paths beyond the limit are left out by visits, not by length as in the authors' code,
 * which throws the deepest away first.
 * @param unseen Weight of all unseen successors of a pair together, in `confidence`.
 */
export function draftOf(tree: SearchTree, table: TrigramTable, unseen: number, limits: DraftLimits): Draft {
  const tokens: number[] = []
  const parents: number[] = []
  const confidence: number[] = []
  /** Search node to draft node. */
  const drafted = new Map<number, number>([[0, -1]])

  /** Drafts the successor of `node` at `rank`, where it fits and is not drafted yet. */
  function grow(node: number, rank: number): void {
    const place = tree.places[node]!
    const parent = drafted.get(node)
    if (place < 0 || parent === undefined || tree.depths[node]! >= limits.levels) return
    const first = tree.firstChildren[node]!
    if (tokens.length >= limits.nodes || (first >= 0 && drafted.has(first + rank))) return
    const token = table.token(place, rank)
    if (token >= limits.vocabularySize) return
    if (first >= 0) drafted.set(first + rank, tokens.length)
    tokens.push(token)
    parents.push(parent)
    confidence.push(table.weight(place, rank) / (table.total(place) + unseen))
  }

  for (const node of mostVisited(tree, Math.min(PATHS, limits.nodes))) {
    const parent = tree.parents[node]!
    grow(parent, node - tree.firstChildren[parent]!)
    grow(node, 0)
  }
  return {
    tokens: Int32Array.from(tokens),
    parents: Int32Array.from(parents),
    q: { kind: 'point-mass' },
    confidence: Float32Array.from(confidence),
  }
}

/** The `count` most visited nodes but the root, the earlier made first on ties, so that parents come before their children. */
function mostVisited({ size, visits }: SearchTree, count: number): number[] {
  const chosen: number[] = []
  for (let node = 1; node < size; node++) {
    let at = chosen.length
    while (at > 0 && visits[chosen[at - 1]!]! < visits[node]!) at--
    if (at === count) continue
    chosen.splice(at, 0, node)
    if (chosen.length > count) chosen.pop()
  }
  return chosen
}
