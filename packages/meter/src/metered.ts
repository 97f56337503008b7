import {
  type Draft,
  draftRow,
  type Law,
  nextChild,
  type Outcome,
  rowOf,
  type TargetRows,
  type Verifier,
} from '@foretoken/core'
import { transportBound } from './transport-bound.ts'

/** What was measured since the beginning or the last reset. */
export interface Meter {
  /** Positions that a draft had candidates for and that the verifier came to. */
  readonly tested: number
  /** Those of them at which a candidate was accepted. */
  readonly accepted: number
  /** Sum of the bounds of the tested positions: what the best lossless rule would have accepted on average. */
  readonly bound: number
  /** accepted / bound; 0 before the first test. 1 means that no lossless rule accepts more. */
  readonly share: number
}

/** A verifier that decides as the inner one does and keeps sums. */
export interface Metered extends Verifier {
  meter(): Meter
  reset(): void
}

/**
 * Measures which share of the optimal-transport bound a verifier reaches. The bound of a position is `transportBound` of its laws; for point
 * masses, and at temperature 0, where nothing is left to chance, the target's mass on the candidates' distinct tokens.
 *
 * Candidates of a position are all nodes that continue the accepted tokens, in whichever branch. Candidates of several laws are bounded
 * by the sum over laws. What block verification accepts depends on later tokens, so its share may be above 1.
 *
 * Reading the laws costs time that the inner verifier may have saved: measure shares and speed in different runs.
 * @example
 * const verifier = metered(speculativeSampling())
 * await generate({ model, prompt, drafter, verifier, temperature: 1 })
 * console.log(verifier.meter().share)
 */
export function metered(inner: Verifier): Metered {
  const sums = { tested: 0, accepted: 0, bound: 0 }
  return {
    ...inner,
    verify(draft, target, draws) {
      const outcome = inner.verify(draft, target, draws)
      for (const bound of boundsOf(draft, target, outcome)) {
        sums.tested++
        sums.bound += bound
      }
      sums.accepted += outcome.path.length
      return outcome
    },
    meter: () => ({ ...sums, share: sums.bound > 0 ? sums.accepted / sums.bound : 0 }),
    reset() {
      Object.assign(sums, { tested: 0, accepted: 0, bound: 0 })
    },
  }
}

/** The bound of each position that was decided by a candidate: of the path, and of the rejection that ended it. */
function boundsOf(draft: Draft, target: TargetRows, { path, kind }: Outcome): number[] {
  const tested = path.length + (kind === 'corrected' ? 1 : 0)
  const bounds: number[] = []
  let alive: readonly number[] = [-1]
  for (let level = 0; level < tested; level++) {
    const node = level === 0 ? -1 : path[level - 1]!
    const candidates = alive.flatMap((each) => childrenOf(draft, each))
    bounds.push(boundAt(draft, target, node, candidates))
    alive = candidates.filter((child) => draft.tokens[child] === draft.tokens[path[level]!])
  }
  return bounds
}

function boundAt(draft: Draft, target: TargetRows, node: number, candidates: readonly number[]): number {
  if (target.isGreedy || draft.q.kind === 'point-mass') {
    const tokens = new Set(candidates.map((child) => draft.tokens[child]!))
    let mass = 0
    for (const token of tokens)
      mass += target.isGreedy ? Number(token === target.argmax(node)) : target.probability(node, token)
    return mass
  }
  const p = target.probabilities(node)
  let bound = 0
  for (const { q, count } of lawsOf(draft, candidates, target.vocabularySize)) {
    bound += transportBound(p, q, count, draft.siblings)
  }
  return Math.min(1, bound)
}

/** The laws that candidates were drawn from, and how many from each. Rows that hold the same numbers are one law. */
function lawsOf(draft: Draft, candidates: readonly number[], vocabularySize: number): { q: Law; count: number }[] {
  const rows = new Map<number, number>()
  for (const child of candidates) rows.set(rowOf(draft, child), (rows.get(rowOf(draft, child)) ?? 0) + 1)
  const laws: { q: Law; count: number }[] = []
  for (const [row, count] of rows) {
    const child = candidates.find((each) => rowOf(draft, each) === row)!
    const q = draftRow(draft, child, new Float32Array(vocabularySize))
    const known = laws.find((law) => law.q.every((share, x) => share === q[x]))
    if (known) known.count += count
    else laws.push({ q, count })
  }
  return laws
}

function childrenOf(draft: Draft, node: number): number[] {
  const children: number[] = []
  for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) children.push(child)
  return children
}
