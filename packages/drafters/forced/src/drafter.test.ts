import { type Constraint, constrain, constrained, type Grammar, terminal, vocabulary } from '@foretoken/constraint'
import { type Draft, type Drafter, ForetokenError, generate, targetLaws } from '@foretoken/core'
import { exactOutput, lawDistance, lawOverUniforms, referenceVerifier, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { forced } from './drafter.ts'
import type { ForcedOptions } from './options.ts'

const words = ['a', 'b', 'ab', 'c', '', 'cb', 'abc']
const SIZE = words.length
const STOP = 4
const tokenizer = {
  vocabularySize: SIZE,
  stopTokens: [STOP],
  tokenBytes: (id: number) => new TextEncoder().encode(words[id]),
  encode: (text: string) => Int32Array.from(text.match(/abc|ab|cb|a|b|c/g) ?? [], (word) => words.indexOf(word)),
}
const vocabulary_ = vocabulary(tokenizer)
const texts = (...all: string[]): Constraint => {
  const grammar: Grammar = { name: 'texts', build: (r) => [terminal(r.or(all.map((text) => r.literal(text))))] }
  return constrain(grammar, vocabulary_)
}
const model = toyModel({ vocabularySize: SIZE })
const draws = { uniform: () => 0 }
const wordsOf = (draft: Draft): string[] => Array.from(draft.tokens, (id) => words[id]!)

async function draftAfter(constraint: Constraint, prompt: number[], countFrom?: number, room = 9): Promise<string[]> {
  const drafter = forced({ constraint, tokenizer, countFrom })
  await drafter.begin(Int32Array.from(prompt), model)
  return wordsOf(await drafter.draft(room, draws))
}

it('drafts what is forced, from the end of the prompt or from where the text began', async () => {
  const constraint = texts('cbabab', 'cbabbb')
  expect(await draftAfter(constraint, [3, 0])).toEqual(['cb', 'ab'])
  expect(await draftAfter(constraint, [3, 0], undefined, 1)).toEqual(['cb'])
  expect(await draftAfter(constraint, [3, 3, 1, 2, 0], 1)).toEqual(['b', ''])
  expect(await draftAfter(constraint, [3, 5, 2, 2, 4], 1)).toEqual([])
  // The prompt has left the grammar.
  expect(await draftAfter(constraint, [3, 0], 1)).toEqual([])
})

it('follows what is committed, and gives up outside the grammar', async () => {
  const drafter = forced({ constraint: texts('cabc', 'cbcb'), tokenizer })
  await drafter.begin(Int32Array.of(0), model)
  const output = { rows: 0, logits: new Float32Array(0) }
  const commit = (tokens: number[]) => {
    const draft: Draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } }
    const token = tokens.at(-1)!
    const outcome = { path: new Int32Array(0), token, kind: 'bonus', draft, output, base: 0 } as const
    drafter.commit({ ...outcome, tokens: Int32Array.from(tokens) })
  }
  commit([5])
  expect(wordsOf(await drafter.draft(9, draws))).toEqual(['cb', ''])
  commit([0])
  expect(wordsOf(await drafter.draft(9, draws))).toEqual([])
  await drafter.begin(Int32Array.of(0), model)
  commit([3, 0])
  expect(wordsOf(await drafter.draft(9, draws))).toEqual(['b', 'c', ''])
})

it('gives the tokens of plain decoding under the mask, and needs fewer rounds', async () => {
  const constraint = texts('abcbabcb', 'cabcabc')
  const drafter = () => forced({ constraint, tokenizer, countFrom: 5 })
  await exactOutput({ vocabularySize: SIZE, drafter, processors: () => [constrained(constraint, { countFrom: 5 })] })
  const prompt = Int32Array.of(1)
  const run = { model: toyModel({ vocabularySize: SIZE }), prompt, stopTokens: Int32Array.of(STOP) }
  const processors = [constrained(constraint, { countFrom: 1 })]
  const speculation = { drafter: forced({ constraint, tokenizer }), verifier: referenceVerifier('match') }
  const { stats, tokenIds } = await generate({ ...run, processors, ...speculation })
  expect(stats.rounds).toBeLessThan(tokenIds.length)
})

/** The law of whole texts, round by round as `decode` plays them, over all uniforms. Logits are equal: laws are dyadic. */
function textLaw(constraint: Constraint, make?: () => Drafter): Promise<Map<string, number>> {
  const verifier = referenceVerifier('rejection')
  return lawOverUniforms(async (uniform) => {
    const target = targetLaws({ vocabularySize: SIZE, temperature: 1, processors: [constrained(constraint)] })
    const drafter = make?.()
    await drafter?.begin(new Int32Array(0), model)
    const text: number[] = []
    while (!text.includes(STOP)) {
      const draft = (await drafter?.draft(4, draws)) ?? {
        tokens: new Int32Array(0),
        q: { kind: 'point-mass' } as const,
      }
      const logits = new Float32Array((draft.tokens.length + 1) * SIZE)
      target.load(logits, draft)
      const outcome = verifier.verify(draft, target, {
        sample: (offset) => uniform(`sample ${text.length + offset}`),
        accept: (offset, index = 0) => uniform(`accept ${text.length} ${offset} ${index}`),
        correct: (offset) => uniform(`correct ${text.length} ${offset}`),
      })
      const tokens = Int32Array.from([...Array.from(outcome.path, (node) => draft.tokens[node]!), outcome.token])
      drafter?.commit({ ...outcome, draft, tokens, output: { rows: logits.length / SIZE, logits }, base: 0 })
      for (const token of tokens) target.advance(token)
      text.push(...tokens)
    }
    return text.slice(0, text.indexOf(STOP)).join()
  })
}

it('keeps the masked law over all cuts of a text, to the last digit', async () => {
  // Three ways to cut `abc`, of which one is drafted: the law of the cuts must stay as it is.
  const constraint = texts('abc')
  const plain = await textLaw(constraint)
  expect(plain.size).toBe(3)
  expect([...plain.values()].reduce((a, b) => a + b)).toBeCloseTo(1, 12)
  expect(lawDistance(plain, await textLaw(constraint, () => forced({ constraint, tokenizer })))).toBeLessThan(1e-12)
})

it('refuses what it cannot use', async () => {
  const constraint = texts('ab')
  const bad = [{}, { constraint }, { constraint, tokenizer, countFrom: -1 }, { constraint, tokenizer, from: 3 }]
  for (const options of bad) expect(() => forced(options as ForcedOptions)).toThrow(ForetokenError)
  const drafter = forced({ constraint, tokenizer })
  await drafter.dispose()
  expect(() => drafter.draft(1, draws)).toThrow(/dispose/)
})
