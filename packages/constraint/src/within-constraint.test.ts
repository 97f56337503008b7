import { type Draft, depthOf, draftRow, ForetokenError, targetLaws, type Verifier } from '@foretoken/core'
import {
  type DraftForm,
  everyDraft,
  exactOutput,
  lawDistance,
  lawOverUniforms,
  plainLaw,
  randomDrafter,
  referenceVerifier,
  testDrafter,
  toyModel,
} from '@foretoken/testkit'
import { block } from '@foretoken/verifier-block'
import { describe, expect, it } from 'vitest'
import { type Grammar, terminal } from './grammar.ts'
import { type Continuation, legalDrafts } from './legal-draft.ts'
import { constrain } from './matcher.ts'
import { constrained } from './processor.ts'
import { vocabulary } from './vocabulary.ts'
import { withinConstraint } from './within-constraint.ts'

const WORDS = ['a', 'b', 'ab', 'c', '', 'cb']
const SIZE = WORDS.length
const tokens = {
  vocabularySize: SIZE,
  tokenBytes: (id: number) => new TextEncoder().encode(WORDS[id]),
  stopTokens: [4],
}
const texts = (...all: string[]): Grammar => ({
  name: 'texts',
  build: (r) => [terminal(r.or(all.map((text) => r.literal(text))))],
})
/** Every masked law of equal logits is a multiple of a power of two, which float32 holds exactly. */
const constraint = constrain(texts('a', 'ab', 'c', 'cb'), vocabulary(tokens))
/** Restricted to what is allowed, these are multiples of powers of two as well. */
const LAWS = [
  Float32Array.of(0.25, 0.125, 0.125, 0.0625, 0.375, 0.0625),
  Float32Array.of(0.0625, 0.375, 0.3125, 0.0625, 0.125, 0.0625),
  Float32Array.of(0.5, 0, 0.25, 0.125, 0, 0.125),
]
const q = (context: readonly number[]): Float32Array => LAWS[(context.length + (context.at(-1) ?? 0)) % LAWS.length]!
const place = (room = 9, mostNodes = 9) => ({ matcher: constraint.matcher(), context: [], room, mostNodes })
const forms: [string, DraftForm][] = [
  ['a dense chain', { parents: [-1, 0], kind: 'dense' }],
  ['a sparse chain', { parents: [-1, 0], kind: 'sparse' }],
  ['chosen tokens', { parents: [-1, 0, -1], kind: 'point-mass' }],
  ['siblings with replacement', { parents: [-1, -1, 1], kind: 'dense' }],
  ['siblings without', { parents: [-1, -1, 0], kind: 'sparse', siblings: 'without-replacement' }],
]
/** Goes on with `b` and the end, whether or not that is a good guess. */
const guess: Continuation = (matcher, _before, most) => {
  const chain = [1, 4].slice(0, Math.min(most, matcher.accepts([1, 4])))
  return { tokens: chain, confidence: chain.map(() => 0.75) }
}

function maskedTarget() {
  return targetLaws({ vocabularySize: SIZE, temperature: 1, processors: [constrained(constraint)] })
}
function maskedLaw(context: readonly number[]): Float32Array {
  const target = maskedTarget()
  for (const token of context) target.advance(token)
  target.load(new Float32Array(SIZE), { tokens: new Int32Array(0) })
  return target.probabilities(-1).slice()
}

/** The exact law of what one round commits. */
function lawOf(draft: Draft, verifier: Verifier): Promise<Map<string, number>> {
  const target = maskedTarget()
  return lawOverUniforms((uniform) => {
    target.load(new Float32Array((draft.tokens.length + 1) * SIZE), draft)
    const { path, token } = verifier.verify(draft, target, {
      sample: (offset) => uniform(`sample ${offset}`),
      accept: (offset, index = 0) => uniform(`accept ${offset} ${index}`),
      correct: (offset) => uniform(`correct ${offset}`),
    })
    return [...Array.from(path, (node) => draft.tokens[node]!), token].join(',')
  })
}

/** The exact law of the first two tokens when drafts of this form are changed before they are verified. */
async function lawWith(form: DraftForm, verifier: Verifier, change: (draft: Draft) => Draft) {
  const law = new Map<string, number>()
  const known = new Map<string, Map<string, number>>()
  for (const { draft, probability } of everyDraft({ vocabularySize: SIZE, p: maskedLaw, q, form })) {
    const changed = change(draft)
    const rows = Array.from(changed.tokens, (_, node) => [...draftRow(changed, node, new Float32Array(SIZE))])
    const name = JSON.stringify([[...changed.tokens], [...(changed.parents ?? [])], rows])
    const given = known.get(name) ?? (await lawOf(changed, verifier))
    known.set(name, given)
    for (const [key, share] of given) {
      const committed = key.split(',').map(Number)
      const rest =
        committed.length >= 2 ? new Map([['', 1]]) : plainLaw((next) => maskedLaw([...committed, ...next]), 1)
      for (const [last, each] of rest) {
        const text = [...committed, ...(last === '' ? [] : [Number(last)])].slice(0, 2).join(',')
        law.set(text, (law.get(text) ?? 0) + probability * share * each)
      }
    }
  }
  return law
}

describe('keeps the masked law, to the last digit', () => {
  const plain = plainLaw(maskedLaw, 2)
  for (const [name, form] of forms) {
    for (const [how, continuation] of [
      ['', undefined],
      [' that go on', guess],
    ] as const) {
      it(`with ${name}${how}`, async () => {
        const legal = legalDrafts(SIZE, continuation)
        const law = await lawWith(form, referenceVerifier('rejection'), (draft) => legal(draft, place()))
        expect(lawDistance(law, plain)).toBeLessThan(1e-12)
      })
    }
  }

  it('with block verification', async () => {
    const legal = legalDrafts(SIZE, guess)
    const law = await lawWith(forms[0]![1], block(), (draft) => legal(draft, place()))
    expect(lawDistance(law, plain)).toBeLessThan(1e-12)
  })

  it('and would not if kept tokens went on saying q', async () => {
    const legal = legalDrafts(SIZE)
    const naive = (draft: Draft): Draft => {
      const { length } = legal(draft, place()).tokens
      return { tokens: draft.tokens.subarray(0, length), q: draft.q }
    }
    const law = await lawWith(forms[0]![1], referenceVerifier('rejection'), naive)
    expect(lawDistance(law, plain)).toBeGreaterThan(0.01)
  })
})

it('leaves out what is not allowed, with all that stands below', () => {
  const draft: Draft = {
    tokens: Int32Array.of(1, 0, 4, 1, 3, 1),
    parents: Int32Array.of(-1, -1, 0, 1, 1, 3),
    q: { kind: 'point-mass' },
    confidence: Float32Array.of(0.5, 0.25, 1, 0.75, 1, 1),
  }
  const legal = legalDrafts(SIZE)(draft, place())
  expect(legal).toEqual({ tokens: Int32Array.of(0, 1), q: draft.q, confidence: Float32Array.of(0.25, 0.75) })
})

it('restricts rows to what is allowed, and gives back a draft that is allowed as it is', () => {
  const chain = (q: Draft['q']): Draft => ({ tokens: Int32Array.of(0, 4), q })
  const legal = legalDrafts(SIZE)
  const row = (draft: Draft, node: number) => [...draftRow(draft, node, new Float32Array(SIZE))]
  const restricted = legal(chain({ kind: 'dense', rows: Float32Array.from([...LAWS[0]!, ...LAWS[1]!]) }), place())
  expect(row(restricted, 0)).toEqual([0.5, 0, 0.25, 0.125, 0, 0.125])
  expect(row(restricted, 1)).toEqual([0, 0.75, 0, 0, 0.25, 0])
  const inside = chain({ kind: 'dense', rows: Float32Array.of(0.5, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 1, 0) })
  expect(legal(inside, place())).toBe(inside)
  expect(legal({ ...inside, q: { kind: 'point-mass' } }, place()).tokens).toEqual(inside.tokens)
})

it('goes on behind the path of first children, within room and rows', () => {
  const tree: Draft = {
    tokens: Int32Array.of(0, 3),
    parents: Int32Array.of(-1, -1),
    q: { kind: 'dense', rows: LAWS[0]!, rowOf: Int32Array.of(0, 0) },
  }
  const legal = legalDrafts(SIZE, guess)
  const draft = legal(tree, place())
  expect([...draft.tokens]).toEqual([0, 3, 1, 4])
  expect([...draft.parents!]).toEqual([-1, -1, 0, 2])
  expect([...draft.confidence!]).toEqual([0.5, 0.5, 0.75, 0.75])
  expect([...draftRow(draft, 2, new Float32Array(SIZE))]).toEqual([0, 1, 0, 0, 0, 0])
  expect(depthOf(legal(tree, place(2)))).toBe(2)
  expect(legal(tree, place(9, 3)).tokens.length).toBe(3)
  expect(legal(tree, place(1)).parents).toEqual(tree.parents)
})

it('passes on what is committed, and drafts as they are outside the grammar', async () => {
  const inner = randomDrafter({ vocabularySize: SIZE, seed: 1 })
  const twin = randomDrafter({ vocabularySize: SIZE, seed: 1 })
  const drafter = withinConstraint(inner, constraint, { countFrom: 0 })
  const draws = { uniform: (offset: number) => (offset * 0.37 + 0.2) % 1 }
  for (const each of [drafter, twin]) await each.begin(Int32Array.of(1, 1), toyModel({ vocabularySize: SIZE }))
  expect(await drafter.draft(3, draws)).toEqual(await twin.draft(3, draws))
})

it('gives the tokens of plain decoding under the mask', async () => {
  const drafter = () =>
    withinConstraint(randomDrafter({ vocabularySize: SIZE, width: 2 }), constraint, { continuation: guess })
  await exactOutput({ vocabularySize: SIZE, drafter, processors: () => [constrained(constraint, { countFrom: 5 })] })
})

/** No token is so improbable that the enumeration could miss it. */
const gentle = (context: readonly number[]) =>
  Float32Array.from({ length: SIZE }, (_, token) => 0.3 * ((context.length + (context.at(-1) ?? 0) + 3 * token) % 4))
const wider = constrain(texts('abcab', 'cbcbc', 'ccab', 'bab'), vocabulary(tokens))
for (const width of [1, 2]) {
  const inner = () => randomDrafter({ vocabularySize: SIZE, width, logits: gentle })
  const create = () => withinConstraint(inner(), wider, { continuation: guess })
  testDrafter({ describe, it }, { name: `within, of width ${width}`, create, vocabularySize: SIZE, honestLevels: 1 })
}

it('refuses what it cannot use', () => {
  const drafter = randomDrafter({ vocabularySize: SIZE })
  for (const options of [{ countFrom: -1 }, { continuation: 3 }, { after: guess }]) {
    expect(() => withinConstraint(drafter, constraint, options as object)).toThrow(ForetokenError)
  }
  const small = toyModel({ vocabularySize: SIZE - 1 })
  expect(() => withinConstraint(drafter, constraint).begin(Int32Array.of(1), small)).toThrow(/6 tokens/)
})
