import type { Draft, DraftProbabilities, Law, Outcome, TargetRows, VerifyDraws } from '../src/index.ts'

/** A uniform that stays below 1. */
const ALMOST_ONE = 1 - 2 ** -53

/** Asks for the uniform of a key. */
export type Ask = (key: string) => number

/**
 * Every result of `run` with its exact probability over the uniforms it asks for. Each uniform is split into the intervals
 * on which the run goes the same way; their borders are found by bisection down to neighbouring numbers.
 */
export function cells<T>(run: (ask: Ask) => T): { result: T; mass: number }[] {
  const found: { result: T; mass: number }[] = []
  explore(run, new Map(), 1, found)
  return found
}

/** `cells` of a verification. */
export function outcomes(run: (draws: VerifyDraws) => Outcome): { outcome: Outcome; mass: number }[] {
  const all = cells((ask) =>
    run({
      sample: (offset) => ask(`sample ${offset}`),
      accept: (offset, index = 0) => ask(`accept ${offset} ${index}`),
      correct: (offset) => ask(`correct ${offset}`),
    }),
  )
  return all.map(({ result, mass }) => ({ outcome: result, mass }))
}

function explore<T>(
  run: (ask: Ask) => T,
  fixed: ReadonlyMap<string, number>,
  mass: number,
  found: { result: T; mass: number }[],
): void {
  const { result, asked } = trace(run, fixed, 0)
  const key = asked.find((each) => !fixed.has(each))
  if (key === undefined) {
    found.push({ result, mass })
    return
  }
  const way = (u: number): string => {
    const known = new Map(fixed).set(key, u)
    return JSON.stringify([trace(run, known, 0), trace(run, known, ALMOST_ONE)])
  }
  const borders = [0]
  const split = (low: number, lowWay: string, high: number, highWay: string): void => {
    if (lowWay === highWay) return
    const middle = (low + high) / 2
    if (high - low < 2 ** -51 || middle === low || middle === high) {
      borders.push(high)
      return
    }
    const middleWay = way(middle)
    split(low, lowWay, middle, middleWay)
    split(middle, middleWay, high, highWay)
  }
  split(0, way(0), ALMOST_ONE, way(ALMOST_ONE))
  borders.forEach((from, i) => {
    const width = (borders[i + 1] ?? 1) - from
    explore(run, new Map(fixed).set(key, from), mass * width, found)
  })
}

/** One run; uniforms that are not fixed are `rest`. */
function trace<T>(
  run: (ask: Ask) => T,
  fixed: ReadonlyMap<string, number>,
  rest: number,
): { result: T; asked: string[] } {
  const asked: string[] = []
  const result = run((key) => {
    if (!asked.includes(key)) asked.push(key)
    return fixed.get(key) ?? rest
  })
  return { result, asked }
}

/** A law for each context, by the tokens since the last committed one. */
export type Laws = (context: readonly number[]) => Float32Array

/** How a drafter proposes: a tree shape, and the law its tokens are drawn from. */
export interface DraftLaw {
  readonly parents: readonly number[]
  readonly q: Laws
  readonly kind: 'dense' | 'sparse' | 'point-mass'
  readonly siblings: 'independent' | 'without-replacement'
}

/** Every draft that the law can draw, with its probability. Point masses are the likeliest tokens, siblings in order. */
export function draftsOf(law: DraftLaw): { tokens: number[]; mass: number }[] {
  let drafts: { tokens: number[]; mass: number }[] = [{ tokens: [], mass: 1 }]
  for (let node = 0; node < law.parents.length; node++) {
    drafts = drafts.flatMap(({ tokens, mass }) => {
      const q = law.q(contextOf(law.parents, tokens, law.parents[node]!))
      const taken = tokens.filter((_, i) => law.parents[i] === law.parents[node])
      return choices(law, q, taken).map(([token, share]) => ({ tokens: [...tokens, token], mass: mass * share }))
    })
  }
  return drafts
}

/** Tokens that the next sibling can be, with their probabilities. */
function choices(law: DraftLaw, q: Float32Array, taken: readonly number[]): [number, number][] {
  const all = [...q.keys()].filter((token) => law.siblings === 'independent' || !taken.includes(token))
  if (law.kind === 'point-mass') {
    const free = [...q.keys()].filter((token) => !taken.includes(token))
    return [[free.reduce((best, token) => (q[token]! > q[best]! ? token : best)), 1]]
  }
  const left = all.reduce((sum, token) => sum + q[token]!, 0)
  return all.filter((token) => q[token]! > 0).map((token) => [token, q[token]! / left])
}

/** Tokens from the root to `node`. */
export function contextOf(parents: readonly number[], tokens: readonly number[], node: number): number[] {
  const context: number[] = []
  for (let at = node; at >= 0; at = parents[at]!) context.unshift(tokens[at]!)
  return context
}

/** The draft as a drafter would hand it over. */
export function draftOf(law: DraftLaw, tokens: readonly number[]): Draft {
  // One row per parent, since siblings are drawn from one law.
  const parents = [...new Set(law.parents)]
  const rows = parents.map((parent) => law.q(contextOf(law.parents, tokens, parent)))
  const rowOf = Int32Array.from(law.parents, (parent) => parents.indexOf(parent))
  const isChain = law.parents.every((parent, node) => parent === node - 1)
  return {
    tokens: Int32Array.from(tokens),
    ...(!isChain && { parents: Int32Array.from(law.parents) }),
    q: probabilitiesOf(law.kind, rows, rowOf),
    siblings: law.siblings,
  }
}

function probabilitiesOf(kind: DraftLaw['kind'], rows: Float32Array[], rowOf: Int32Array): DraftProbabilities {
  if (kind === 'point-mass') return { kind }
  if (kind === 'dense') return { kind, rows: Float32Array.from(rows.flatMap((row) => [...row])), rowOf }
  const entries = rows.map((row) => [...row.entries()].filter(([, probability]) => probability > 0).reverse())
  const offsets = Int32Array.from([0, ...entries.map((_, i) => entries.slice(0, i + 1).flat().length)])
  const ids = Int32Array.from(entries.flat(), ([id]) => id)
  const probabilities = Float32Array.from(entries.flat(), ([, probability]) => probability)
  return { kind, ids, probabilities, offsets, rowOf }
}

/** Target rows over a draft with laws `p`. */
export function targetOf(p: Laws, parents: readonly number[], tokens: readonly number[], draw: Draw): TargetRows {
  const law = (node: number): Float32Array => p(contextOf(parents, tokens, node))
  const argmax = (node: number): number => law(node).indexOf(Math.max(...law(node)))
  return {
    vocabularySize: p([]).length,
    isGreedy: false,
    probabilities: law,
    probability: (node, token) => law(node)[token]!,
    logits: (node) => law(node).map(Math.log),
    sample: (node, u) => draw(law(node), u),
    argmax,
  }
}

type Draw = (law: Law, u: number) => number

/**
 * The exact joint law of the first `length` tokens: every draft, every outcome of `verify`, and the target itself for what
 * is still missing. Keys are tokens joined by commas.
 */
export function jointLaw(
  p: Laws,
  law: DraftLaw,
  verify: (draft: Draft, target: TargetRows, draws: VerifyDraws) => Outcome,
  draw: Draw,
  length: number,
): Map<string, number> {
  const joint = new Map<string, number>()
  for (const { tokens, mass } of draftsOf(law)) {
    const draft = draftOf(law, tokens)
    const target = targetOf(p, law.parents, tokens, draw)
    for (const each of outcomes((draws) => verify(draft, target, draws))) {
      const committed = [...each.outcome.path].map((node) => tokens[node]!)
      extend(p, [...committed, each.outcome.token], mass * each.mass, length, joint)
    }
  }
  return joint
}

/** The target's own joint law of the first `length` tokens. */
export function plainLaw(p: Laws, length: number): Map<string, number> {
  const joint = new Map<string, number>()
  extend(p, [], 1, length, joint)
  return joint
}

function extend(p: Laws, tokens: readonly number[], mass: number, length: number, joint: Map<string, number>): void {
  if (tokens.length >= length) {
    const key = tokens.slice(0, length).join()
    joint.set(key, (joint.get(key) ?? 0) + mass)
    return
  }
  p(tokens).forEach((probability, token) => {
    if (probability > 0) extend(p, [...tokens, token], mass * probability, length, joint)
  })
}

/** Largest difference of two laws. */
export function distance(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let most = 0
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    most = Math.max(most, Math.abs((a.get(key) ?? 0) - (b.get(key) ?? 0)))
  }
  return most
}

/** Random laws with probabilities k / 32, exact in float32: often with zeros, ties and far from each other. */
export function randomLaws(uniform: (index: number) => number, vocabularySize: number): Laws {
  const known = new Map<string, Float32Array>()
  let asked = 0
  const next = (n: number): number => Math.floor(uniform(asked++) * n)
  return (context) => {
    const key = context.join()
    let law = known.get(key)
    if (law === undefined) {
      law = new Float32Array(vocabularySize)
      // Few tokens often share the mass, so zeros and disjoint supports are common; a point mass now and then.
      const support = Array.from({ length: 1 + next(vocabularySize) }, () => next(vocabularySize))
      const grain = [1, 4, 8, 32][next(4)]!
      for (let k = 0; k < grain; k++) law[support[next(support.length)]!]! += 1 / grain
      known.set(key, law)
    }
    return law
  }
}
