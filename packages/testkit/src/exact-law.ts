import { categorical, type Draft, type Law, type TargetRows, type Verifier, type VerifyDraws } from '@foretoken/core'
import { argmaxOf, pathTokens } from './draft-paths.ts'
import { type KeyedUniform, lawOverUniformsNow } from './uniform-cells.ts'

/** A law by context: the committed tokens are `[]`. */
export type ContextLaw = (context: readonly number[]) => Float32Array

/** How drafts of one form are made. */
export interface DraftForm {
  /** Parent of each node; −1 is the last committed token. */
  readonly parents: readonly number[]
  readonly kind: Draft['q']['kind']
  /** Default `independent`. */
  readonly siblings?: 'independent' | 'without-replacement'
}

/** A verifier, the laws it meets, and the form of the drafts. */
export interface LawCase {
  readonly verifier: Verifier
  readonly vocabularySize: number
  /** Target. Multiples of a power of two, as of `randomLaw`, keep float32 exact. */
  readonly p: ContextLaw
  /** Drafter. Each row needs as many possible tokens as there are siblings when they are drawn without replacement. */
  readonly q: ContextLaw
  readonly form: DraftForm
}

/**
 * The exact joint law of the next `depth + 1` tokens: every draft with its probability, every cell of the verifier's
 * uniforms, and plain sampling from p for what a round leaves open.
 * @returns Probability by `tokens.join(',')`.
 */
export async function committedLaw(given: LawCase): Promise<Map<string, number>> {
  const length = levelsOf(given.form.parents) + 1
  const law = new Map<string, number>()
  for (const { draft, probability } of everyDraft(given)) {
    const committed = lawOverUniformsNow((uniform) => {
      const rows = lawRows(given.vocabularySize, draft, given.p)
      const outcome = given.verifier.verify(draft, rows, keyedDraws(uniform))
      return [...Array.from(outcome.path, (node) => draft.tokens[node]!), outcome.token].join(',')
    })
    for (const [key, share] of committed)
      complete(law, key.split(',').map(Number), length, given.p, probability * share)
  }
  return law
}

/** The exact probability that a node of the draft is accepted: over every draft and every uniform, as `committedLaw`. */
export async function measuredAcceptance(given: LawCase): Promise<number> {
  let accepted = 0
  for (const { draft, probability } of everyDraft(given)) {
    const law = lawOverUniformsNow((uniform) => {
      const rows = lawRows(given.vocabularySize, draft, given.p)
      return String(given.verifier.verify(draft, rows, keyedDraws(uniform)).path.length > 0)
    })
    accepted += probability * (law.get('true') ?? 0)
  }
  return accepted
}

function keyedDraws(uniform: KeyedUniform): VerifyDraws {
  return {
    sample: (offset) => uniform(`sample ${offset}`),
    accept: (offset, index = 0) => uniform(`accept ${offset} ${index}`),
    correct: (offset) => uniform(`correct ${offset}`),
  }
}

/** The joint law of `length` tokens of plain sampling from `p`. */
export function plainLaw(p: ContextLaw, length: number): Map<string, number> {
  const law = new Map<string, number>()
  complete(law, [], length, p, 1)
  return law
}

/** Largest difference of two laws at any outcome. */
export function lawDistance(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const keys = new Set([...a.keys(), ...b.keys()])
  return Math.max(0, ...Array.from(keys, (key) => Math.abs((a.get(key) ?? 0) - (b.get(key) ?? 0))))
}

/** Adds every way to bring `tokens` to `length`. Longer ones are cut: the marginal law of the first tokens. */
function complete(
  law: Map<string, number>,
  tokens: readonly number[],
  length: number,
  p: ContextLaw,
  probability: number,
): void {
  if (tokens.length >= length) {
    const key = tokens.slice(0, length).join(',')
    law.set(key, (law.get(key) ?? 0) + probability)
    return
  }
  for (const [token, share] of p(tokens).entries()) {
    if (share > 0) complete(law, [...tokens, token], length, p, probability * share)
  }
}

/** The target of one round, from its laws. */
export function lawRows(vocabularySize: number, draft: Draft, p: ContextLaw, isGreedy = false): TargetRows {
  const rows: TargetRows = {
    vocabularySize,
    isGreedy,
    probabilities(node) {
      const law = p(pathTokens(draft, node))
      return isGreedy ? law.map((_, x) => Number(x === argmaxOf(law))) : law.slice()
    },
    probability: (node, token) => rows.probabilities(node)[token]!,
    logits: (node) => p(pathTokens(draft, node)).map(Math.log),
    sample: (node, u) => (isGreedy ? rows.argmax(node) : categorical(rows.probabilities(node), u)),
    argmax: (node) => argmaxOf(p(pathTokens(draft, node))),
  }
  return rows
}

/** Every draft of a form that may be drawn, with its probability. */
export function* everyDraft(given: Omit<LawCase, 'verifier'>): Generator<{ draft: Draft; probability: number }> {
  yield* extend(given, [], 1)
}

function* extend(
  given: Omit<LawCase, 'verifier'>,
  tokens: readonly number[],
  probability: number,
): Generator<{ draft: Draft; probability: number }> {
  const { parents, kind, siblings } = given.form
  const node = tokens.length
  if (node === parents.length) {
    yield { draft: draftOf(given, tokens), probability }
    return
  }
  const shape = { tokens: Int32Array.from(tokens), parents: Int32Array.from(parents) }
  const row = given.q(pathTokens(shape, parents[node]!))
  const before = tokens.filter((_, other) => parents[other] === parents[node])
  if (kind === 'point-mass') {
    yield* extend(given, [...tokens, rankedToken(row, before.length)], probability)
    return
  }
  const taken = siblings === 'without-replacement' ? before : []
  const left = row.reduce((sum, share, token) => sum + (taken.includes(token) ? 0 : share), 0)
  for (const [token, share] of row.entries()) {
    if (share > 0 && !taken.includes(token)) yield* extend(given, [...tokens, token], (probability * share) / left)
  }
}

/** The token of the `rank`-th largest probability. */
function rankedToken(row: Law, rank: number): number {
  const order = Array.from(row.keys()).sort((a, b) => row[b]! - row[a]! || a - b)
  return order[rank % order.length]!
}

/** Rows of q by parent: row 0 for children of the last committed token, row `i + 1` for those of node `i`. */
function draftOf(given: Omit<LawCase, 'verifier'>, tokenList: readonly number[]): Draft {
  const { vocabularySize, form, q } = given
  const tokens = Int32Array.from(tokenList)
  const parents = Int32Array.from(form.parents)
  const shape = { tokens, parents }
  const isChain = parents.every((parent, node) => parent === node - 1)
  const count = isChain ? tokens.length : tokens.length + 1
  const rows = new Float32Array(count * vocabularySize)
  for (let row = 0; row < count; row++) rows.set(q(pathTokens(shape, row - 1)), row * vocabularySize)
  const draft = { tokens, ...(!isChain && { parents }), ...(form.siblings && { siblings: form.siblings }) }
  const rowOf = isChain ? {} : { rowOf: parents.map((parent) => parent + 1) }
  if (form.kind === 'point-mass') return { ...draft, q: { kind: 'point-mass' } }
  if (form.kind === 'dense') return { ...draft, q: { kind: 'dense', rows, ...rowOf } }
  return { ...draft, q: { ...sparseRows(rows, count, vocabularySize), ...rowOf } }
}

function sparseRows(
  rows: Float32Array,
  count: number,
  vocabularySize: number,
): Extract<Draft['q'], { kind: 'sparse' }> {
  const ids: number[] = []
  const probabilities: number[] = []
  const offsets = [0]
  for (let row = 0; row < count; row++) {
    // In descending token order, since nobody may rely on an order.
    for (let token = vocabularySize - 1; token >= 0; token--) {
      const share = rows[row * vocabularySize + token]!
      if (share === 0) continue
      ids.push(token)
      probabilities.push(share)
    }
    offsets.push(ids.length)
  }
  return {
    kind: 'sparse',
    ids: Int32Array.from(ids),
    probabilities: Float32Array.from(probabilities),
    offsets: Int32Array.from(offsets),
  }
}

/** Levels of a tree. */
function levelsOf(parents: readonly number[]): number {
  const depths: number[] = []
  for (const parent of parents) depths.push(parent < 0 ? 1 : depths[parent]! + 1)
  return Math.max(0, ...depths)
}
