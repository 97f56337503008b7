import { requireCapability } from './compose.ts'
import { draftProbability, rowOf } from './draft-probabilities.ts'
import type { Draft, Drafter } from './drafter.ts'
import { ForetokenError } from './errors.ts'
import type { Model } from './model.ts'
import { HONESTY } from './rejection.ts'
import { depthOf, isChain, nextChild } from './tree.ts'
import type { Outcome, Verifier } from './verifier.ts'

/**
 * Refuses a draft that no verifier could decide rightly.
 * @param room Most levels.
 * @returns Levels of the draft.
 * @throws INVALID_DRAFT, DISHONEST_DRAFT, CAPABILITY_MISSING; each names the drafter.
 */
export function checkDraft(drafter: Drafter, draft: Draft, model: Model, room: number): number {
  const { name } = drafter.manifest
  const { tokens, parents } = draft
  const most = model.maximumRows - 1
  const reject = (found: string, expected: string): ForetokenError => invalid(name, found, expected)
  if (tokens.length > most) throw reject(`${tokens.length} nodes`, `at most ${most}, since a step has that many rows`)
  for (const [what, list] of Object.entries({ parents, confidences: draft.confidence })) {
    if (list !== undefined && list.length !== tokens.length) {
      throw reject(`${list.length} ${what}`, `one for each of ${tokens.length} nodes`)
    }
  }
  for (let node = 0; node < tokens.length; node++) {
    const token = tokens[node]!
    if (token < 0 || token >= model.vocabularySize) {
      throw reject(`token ${token} at node ${node}`, `a token below ${model.vocabularySize}`)
    }
    const parent = parents?.[node] ?? -1
    if (parent < -1 || parent >= node) throw reject(`parent ${parent} of node ${node}`, 'an earlier node or −1')
  }
  if (!isChain(draft)) requireCapability(name, 'attention:tree-mask', model)
  const depth = depthOf(draft)
  if (depth > room) throw reject(`${depth} levels`, `at most ${room}`)
  checkRows(name, draft, model.vocabularySize)
  return depth
}

/** Every node needs a row, and its token a probability it could have been drawn with. */
function checkRows(name: string, draft: Draft, vocabularySize: number): void {
  const { q, tokens } = draft
  if (q.kind === 'point-mass') return
  const rows = q.kind === 'dense' ? q.rows.length / vocabularySize : q.offsets.length - 1
  for (let node = 0; node < tokens.length; node++) {
    const row = rowOf(draft, node)
    if (!(row >= 0 && row < rows)) throw invalid(name, `row ${row} for node ${node}`, `one of ${rows} rows`)
    if (q.kind === 'sparse') checkSparseRow(name, q, row, vocabularySize)
    const probability = draftProbability(draft, node, vocabularySize)
    if (!(probability > 0 && probability <= 1 + HONESTY)) {
      throw dishonest(name, `token ${tokens[node]} at node ${node} has q = ${probability}`, 'a number above 0, up to 1')
    }
  }
  if (draft.siblings === 'without-replacement') checkSiblings(name, draft)
}

function checkSparseRow(
  name: string,
  q: Extract<Draft['q'], { kind: 'sparse' }>,
  row: number,
  vocabularySize: number,
): void {
  const [from, to] = [q.offsets[row]!, q.offsets[row + 1]!]
  if (!(from >= 0 && to <= q.ids.length && to <= q.probabilities.length)) {
    throw invalid(name, `offsets ${from} to ${to} of row ${row}`, `offsets up to ${q.ids.length}`)
  }
  let sum = 0
  for (let k = from; k < to; k++) {
    const id = q.ids[k]!
    if (id < 0 || id >= vocabularySize) throw invalid(name, `token ${id} in row ${row}`, `below ${vocabularySize}`)
    sum += q.probabilities[k]!
  }
  if (!(Math.abs(sum - 1) <= HONESTY)) throw dishonest(name, `row ${row} sums to ${sum}`, 'a sum of 1')
}

/** Siblings drawn without replacement differ and share a row. */
function checkSiblings(name: string, draft: Draft): void {
  for (let node = 0; node < draft.tokens.length; node++) {
    const parent = draft.parents === undefined ? node - 1 : draft.parents[node]!
    for (let other = nextChild(draft, parent, node); other >= 0; other = nextChild(draft, parent, other)) {
      if (draft.tokens[other] === draft.tokens[node]) {
        throw invalid(name, `siblings ${node} and ${other} with the same token`, 'different ones without replacement')
      }
      if (rowOf(draft, other) !== rowOf(draft, node)) {
        throw invalid(name, `siblings ${node} and ${other} of different rows`, 'one row without replacement')
      }
    }
  }
}

function invalid(name: string, found: string, expected: string): ForetokenError {
  return new ForetokenError('INVALID_DRAFT', `${name} drafted ${found}; expected ${expected}.`, {
    fix: `Report this to the authors of ${name}, or use another drafter.`,
    details: { drafter: name },
  })
}

function dishonest(name: string, found: string, expected: string): ForetokenError {
  return new ForetokenError('DISHONEST_DRAFT', `${name}: ${found}; expected ${expected}.`, {
    fix: `Let ${name} give the law each token was really drawn from, or use another drafter.`,
    details: { drafter: name },
  })
}

/**
 * Runs a verifier's decision. A law of the draft that turns out to be none is reported with the names of both methods: the
 * drafter's, whose law it is, and the verifier's, which found it.
 */
export function decided(drafter: Drafter | undefined, verifier: Verifier, decide: () => Outcome): Outcome {
  try {
    return decide()
  } catch (cause) {
    if (!ForetokenError.is(cause) || cause.code !== 'DISHONEST_DRAFT' || drafter === undefined) throw cause
    const { name } = drafter.manifest
    const found = `${verifier.manifest.name} refused the draft of ${name}: ${cause.message.replace(` ${cause.fix}`, '')}`
    throw new ForetokenError('DISHONEST_DRAFT', found, {
      fix: `Let ${name} give the law each token was really drawn from, or use another drafter.`,
      details: { ...cause.details, drafter: name, verifier: verifier.manifest.name },
      cause,
    })
  }
}
