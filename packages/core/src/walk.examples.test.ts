import { expect, it } from 'vitest'
import { blockWalk } from '../../verifiers/block/src/walk.ts'
import { type DraftLaw, draftOf, draftsOf, jointLaw, type Laws, outcomes, targetOf } from '../test/enumerate.ts'
import { categorical } from './categorical.ts'
import type { Draft } from './drafter.ts'
import { matchWalk, rejectionWalk, walkScratch } from './walk.ts'

type Walk = typeof matchWalk

const rejection: Walk = (draft, target, draws) =>
  rejectionWalk(draft, target, draws, walkScratch(target.vocabularySize))
const block: Walk = (draft, target, draws) => blockWalk(draft, target, draws, walkScratch(target.vocabularySize))

/** The same law in every context. */
const always =
  (...law: number[]): Laws =>
  () =>
    Float32Array.from(law)

function siblings(count: number, q: Laws, how: DraftLaw['siblings']): DraftLaw {
  return { parents: new Array(count).fill(-1), q, kind: 'dense', siblings: how }
}

/** Expected number of accepted tokens. */
function acceptedBy(walk: Walk, p: Laws, law: DraftLaw): number {
  let expected = 0
  for (const { tokens, mass } of draftsOf(law)) {
    const target = targetOf(p, law.parents, tokens, categorical)
    for (const each of outcomes((draws) => walk(draftOf(law, tokens), target, draws))) {
      expected += mass * each.mass * each.outcome.path.length
    }
  }
  return expected
}

/** Law of the first committed token. */
function firstToken(walk: Walk, p: Laws, law: DraftLaw): number[] {
  const joint = jointLaw(p, law, walk, categorical, 1)
  return Array.from(p([]), (_, token) => joint.get(String(token)) ?? 0)
}

function expectLaw(found: readonly number[], expected: readonly number[], digits = 6): void {
  expected.forEach((probability, token) => {
    expect(found[token]).toBeCloseTo(probability, digits)
  })
}

it('accepts as often as computed by hand: p = (.5, .3, .2), q = (.2, .5, .3)', () => {
  const p = always(0.5, 0.3, 0.2)
  const q = always(0.2, 0.5, 0.3)
  expect(acceptedBy(rejection, p, siblings(1, q, 'independent'))).toBeCloseTo(7 / 10, 6)
  expect(acceptedBy(rejection, p, siblings(2, q, 'independent'))).toBeCloseTo(19 / 25, 6)
  expect(acceptedBy(rejection, p, siblings(3, q, 'independent'))).toBeCloseTo(101 / 125, 6)
  expect(acceptedBy(rejection, p, siblings(2, q, 'without-replacement'))).toBeCloseTo(283 / 350, 6)
  expect(acceptedBy(rejection, p, siblings(3, q, 'without-replacement'))).toBeCloseTo(1, 6)
  expect(acceptedBy(matchWalk, p, siblings(2, q, 'independent'))).toBeCloseTo(0.507, 6)
})

it('accepts as often as computed by hand: p = (.4, .35, .25), q = (.1, .2, .7)', () => {
  const p = always(0.4, 0.35, 0.25)
  const q = always(0.1, 0.2, 0.7)
  expect(acceptedBy(rejection, p, siblings(2, q, 'independent'))).toBeCloseTo(0.685, 6)
  expect(acceptedBy(rejection, p, siblings(2, q, 'without-replacement'))).toBeCloseTo(0.85, 6)
})

it('covers a point mass by siblings without replacement', () => {
  const q = always(0.5, 0.5)
  expect(acceptedBy(rejection, always(1, 0), siblings(2, q, 'independent'))).toBeCloseTo(0.75, 12)
  expect(acceptedBy(rejection, always(1, 0), siblings(2, q, 'without-replacement'))).toBeCloseTo(1, 12)
})

it('accepts everything when q is p, nothing when they are disjoint', () => {
  const p = always(0.25, 0.5, 0.25, 0)
  const chain = { parents: [-1, 0, 1], kind: 'dense', siblings: 'independent' } as const
  for (const walk of [rejection, block]) {
    expect(acceptedBy(walk, p, { ...chain, q: p })).toBe(3)
    expect(acceptedBy(walk, p, { ...chain, q: always(0, 0, 0, 1) })).toBe(0)
    expectLaw(firstToken(walk, p, { ...chain, q: always(0, 0, 0, 1) }), [0.25, 0.5, 0.25, 0], 12)
  }
})

it('accepts more as a block: p = (1/3, 2/3), q = (2/3, 1/3)', () => {
  const law: DraftLaw = { parents: [-1, 0], q: always(2 / 3, 1 / 3), kind: 'dense', siblings: 'independent' }
  expect(acceptedBy(rejection, always(1 / 3, 2 / 3), law)).toBeCloseTo(10 / 9, 6)
  expect(acceptedBy(block, always(1 / 3, 2 / 3), law)).toBeCloseTo(11 / 9, 6)
})

it('sees the bias of siblings put into another order', () => {
  const byQ: Walk = (draft, target, draws) => {
    const tokens = draft.tokens.slice().sort((a, b) => q([])[b]! - q([])[a]!)
    const outcome = rejection({ ...draft, tokens }, target, draws)
    return { ...outcome, path: outcome.path.map((node) => draft.tokens.indexOf(tokens[node]!)) }
  }
  const p = always(0.4, 0.35, 0.25)
  const q = always(0.1, 0.2, 0.7)
  expectLaw(firstToken(byQ, p, siblings(2, q, 'without-replacement')), [0.406, 0.253, 0.34], 3)
  expectLaw(firstToken(rejection, p, siblings(2, q, 'without-replacement')), [0.4, 0.35, 0.25])
})

it('sees the bias of a q that is not renormalised', () => {
  const p = always(0.4, 0.35, 0.25)
  const q = always(0.1, 0.2, 0.7)
  const forgets: Walk = (draft, target, draws) => rejection({ ...draft, siblings: 'independent' }, target, draws)
  expectLaw(firstToken(forgets, p, siblings(2, q, 'without-replacement')), [0.25, 0.5, 0.25])
})

it('sees the bias of an argmax drafter that passes its softmax', () => {
  const q = Float32Array.of(0.2, 0.5, 0.3)
  const draft: Draft = { tokens: Int32Array.of(1), q: { kind: 'dense', rows: q } }
  const law: DraftLaw = { parents: [-1], q: always(0.2, 0.5, 0.3), kind: 'point-mass', siblings: 'independent' }
  const argmax: Walk = (_, target, draws) => rejection(draft, target, draws)
  expectLaw(firstToken(argmax, always(0.5, 0.3, 0.2), law), [0.4, 0.6, 0])
})

it('falls back to p without the rejected token when rounding leaves no residual', () => {
  const p = Float32Array.of(0.5, 0.5)
  const target = { ...targetOf(() => p, [-1], [0], categorical) }
  const draft: Draft = { tokens: Int32Array.of(0), q: { kind: 'dense', rows: Float32Array.of(0.5000001, 0.5) } }
  const draws = { sample: () => 0, accept: () => 1 - 2 ** -53, correct: () => 0 }
  expect(rejection(draft, target, draws)).toMatchObject({ token: 1, kind: 'corrected' })
})
