/**
 * The part of a draft that a grammar allows, with a q that stays honest.
 *
 * A point mass was chosen: leaving nodes out says nothing about the others. A token that was drawn is different, since whether it
 * is left out depends on what it is. Let L be the allowed tokens at a node. Given that a token drawn from q is kept, it follows
 * q_L = q · 1_L / q(L), so that is the row declared, also where nothing happened to be left out. Verified against q_L, a kept
 * token brings the target's law p; where none is kept, p itself is drawn from. To leave out and go on saying q would bring
 * p + q(not L) · (p − r), r the residual: another law. Siblings likewise: whether there is a next one depends on those before it, and not on
 * which one it is, with replacement or without (the order of draws without replacement, restricted to L, is that of q_L).
 */
import { type Draft, draftRow, isChain, parentOf, rowOf } from '@foretoken/core'
import type { Matcher } from './matcher.ts'
import { type SparseRows, sparseRows } from './sparse-rows.ts'

/** Tokens that go on behind a draft, and how sure each is when those before it are right, [tokens] each. */
interface Continued {
  readonly tokens: readonly number[]
  readonly confidence: readonly number[]
}

/** Says what goes on after the last of `before`, at which the matcher stands; it must stay as it is. At most `most` tokens. */
export type Continuation = (matcher: Matcher, before: readonly number[], most: number) => Continued

/** Where a draft stands, and what it may grow to. */
export interface DraftPlace {
  /** At the last committed token; left as it was. */
  readonly matcher: Matcher
  /** The committed tokens. */
  readonly context: readonly number[]
  /** Most levels and nodes. */
  readonly room: number
  readonly mostNodes: number
}

/** A draft under construction. */
interface Kept {
  readonly tokens: number[]
  readonly parents: number[]
  readonly confidence: number[]
  readonly rowOf: number[]
}

/**
 * Removes from drafts what a grammar does not allow, and lets `continuation` go on behind the path of first children, or at once where
 * nothing is left. Drawn rows become sparse, borrowed until the next call. A draft that is allowed as it is is given back itself.
 */
export function legalDrafts(
  vocabularySize: number,
  continuation?: Continuation,
): (draft: Draft, place: DraftPlace) => Draft {
  const rows = sparseRows(vocabularySize)
  return (draft, place) => {
    rows.clear()
    const kept: Kept = { tokens: [], parents: [], confidence: [], rowOf: [] }
    const isWhole = keepLegal(draft, place.matcher, kept, rows)
    const added = continuation === undefined ? 0 : goOn(place, kept, continuation)
    if (isWhole && added === 0) return draft
    const isDrawn = draft.q.kind !== 'point-mass' && kept.rowOf.length > 0
    if (isDrawn) for (const token of kept.tokens.slice(kept.rowOf.length)) kept.rowOf.push(rows.addPoint(token))
    const shape = { tokens: Int32Array.from(kept.tokens), parents: Int32Array.from(kept.parents) }
    return {
      tokens: shape.tokens,
      ...(!isChain(shape) && { parents: shape.parents }),
      q: isDrawn ? rows.law(kept.rowOf) : { kind: 'point-mass' },
      ...(draft.siblings && { siblings: draft.siblings }),
      ...((draft.confidence || added > 0) && { confidence: Float32Array.from(kept.confidence) }),
    }
  }
}

/** Of what says nothing of itself nothing is known. */
const UNKNOWN = 0.5

/** @returns Whether all is kept as it was drafted. */
function keepLegal(draft: Draft, matcher: Matcher, kept: Kept, rows: SparseRows): boolean {
  const walk = walker(draft, matcher)
  const places = new Int32Array(draft.tokens.length).fill(-1)
  const known = new Map<string, number>()
  for (const [node, token] of draft.tokens.entries()) {
    const parent = parentOf(draft, node)
    if (parent >= 0 && places[parent]! < 0) continue
    walk(parent)
    if (!matcher.isAllowed(token)) continue
    places[node] = kept.tokens.push(token) - 1
    kept.parents.push(parent < 0 ? -1 : places[parent]!)
    kept.confidence.push(draft.confidence?.[node] ?? UNKNOWN)
    if (draft.q.kind === 'point-mass') continue
    const key = `${parent} ${rowOf(draft, node)}`
    if (!known.has(key))
      known.set(
        key,
        rows.add((scratch) => draftRow(draft, node, scratch), matcher.mask()),
      )
    kept.rowOf.push(known.get(key)!)
  }
  walk(-1)
  return kept.tokens.length === draft.tokens.length && !rows.isRestricted
}

/** Moves a matcher from node to node: back to the common ancestor, then down. */
function walker(draft: Draft, matcher: Matcher): (node: number) => void {
  const walked: number[] = []
  return (node) => {
    if (walked.length > 0 && node === walked.at(-1)) return
    const path: number[] = []
    for (let at = node; at >= 0; at = parentOf(draft, at)) path.push(at)
    path.reverse()
    let common = 0
    while (common < walked.length && walked[common] === path[common]) common++
    matcher.rollback(walked.length - common)
    walked.length = common
    for (const each of path.slice(common)) {
      matcher.advance(draft.tokens[each]!)
      walked.push(each)
    }
  }
}

/** @returns How many tokens were added. */
function goOn({ matcher, context, room, mostNodes }: DraftPlace, kept: Kept, continuation: Continuation): number {
  const path: number[] = []
  let leaf = -1
  for (const [node, parent] of kept.parents.entries()) {
    if (parent !== leaf) continue
    leaf = node
    path.push(kept.tokens[node]!)
    matcher.advance(kept.tokens[node]!)
  }
  const most = Math.min(room - path.length, mostNodes - kept.tokens.length)
  const more = most > 0 && !matcher.isFinished ? continuation(matcher, [...context, ...path], most) : undefined
  matcher.rollback(path.length)
  const count = Math.min(most, more?.tokens.length ?? 0)
  for (let i = 0; i < count; i++) {
    kept.parents.push(i === 0 ? leaf : kept.tokens.length - 1)
    kept.tokens.push(more!.tokens[i]!)
    kept.confidence.push(more!.confidence[i]!)
  }
  return Math.max(0, count)
}
