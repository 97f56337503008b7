import { categorical, type Draft, ForetokenError, generate, NO_DRAFT, type Target, targetLaws } from '@foretoken/core'
import {
  exactOutput,
  lawDistance,
  lawOverUniforms,
  plainLaw,
  randomDrafter,
  referenceVerifier,
  testProcessor,
  toyModel,
} from '@foretoken/testkit'
import { describe, expect, it } from 'vitest'
import { type Grammar, type GrammarSymbol, rule, terminal } from './grammar.ts'
import { type Constraint, constrain } from './matcher.ts'
import { constrained } from './processor.ts'
import { vocabulary } from './vocabulary.ts'

const utf8 = new TextEncoder()
const WORDS = ['a', 'b', 'ab', 'c', '', 'cb']
const STOP = 4
const SIZE = WORDS.length
const words = vocabulary({ vocabularySize: SIZE, tokenBytes: (id) => utf8.encode(WORDS[id]), stopTokens: [STOP] })
const nested: Grammar = {
  name: 'nested',
  build(regexes) {
    const inner: GrammarSymbol = rule('inner', () => [
      [terminal(regexes.literal('c'))],
      [terminal(regexes.literal('a')), inner, terminal(regexes.literal('b'))],
      [terminal(regexes.literal('ab'))],
    ])
    return [inner]
  },
}
const constraint: Constraint = constrain(nested, words)
const textOf = (tokens: Iterable<number>): string => Array.from(tokens, (id) => WORDS[id]).join('')

testProcessor({ describe, it }, { create: () => constrained(constraint), vocabularySize: SIZE })

it('gives the same tokens with drafts as without', async () => {
  await exactOutput({ vocabularySize: SIZE, processors: () => [constrained(constraint, { countFrom: 5 })] })
})

it('keeps every generation inside the grammar, drafted or not', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const prompt = Int32Array.of(1, 5, 0)
    const speculation = {
      drafter: randomDrafter({ vocabularySize: SIZE, width: 2, seed }),
      verifier: referenceVerifier('rejection'),
    }
    for (const extra of [{}, speculation]) {
      const processors = [constrained(constraint, { countFrom: prompt.length })]
      const run = { prompt, temperature: 1, seed, maxTokens: 40, stopTokens: Int32Array.of(STOP), processors, ...extra }
      const { tokenIds, finishReason } = await generate({ ...run, model: toyModel({ vocabularySize: SIZE, seed }) })
      const written = [...tokenIds].filter((id) => id !== STOP)
      const text = textOf(written)
      if (finishReason === 'length') expect(constraint.matcher().accepts(written)).toBe(written.length)
      else expect(text).toMatch(/^(a*)(c|ab)(b*)$/)
      const [, before = '', , after = ''] = /^(a*?)(c|ab)(b*)$/.exec(text) ?? []
      if (finishReason !== 'length') expect(after.length).toBe(before.length)
    }
  }
})

/** Four texts: every masked law of equal logits is a multiple of a power of two, which float32 holds exactly. */
const texts = constrain(
  { name: 'texts', build: (r) => [terminal(r.or(['a', 'ab', 'c', 'cb'].map((text) => r.literal(text))))] },
  words,
)
const q = [Float32Array.of(0.25, 0.125, 0.125, 0.125, 0.125, 0.25), Float32Array.of(0.125, 0.5, 0, 0.125, 0.25, 0)]

function targetAfter(context: readonly number[]): Target {
  const processor = constrained(texts)
  for (const token of context) processor.advance(token)
  return targetLaws({ vocabularySize: SIZE, temperature: 1, processors: [processor] })
}

function maskedLaw(context: readonly number[]): Float32Array {
  const target = targetAfter(context)
  target.load(new Float32Array(SIZE), NO_DRAFT)
  return target.probabilities(-1).slice()
}

/** The law of the first two tokens when these two were drafted. */
function lawGiven(
  tokens: readonly number[],
  parents: readonly number[],
  rows: Float32Array,
): Promise<Map<string, number>> {
  const draft: Draft = {
    tokens: Int32Array.from(tokens),
    parents: Int32Array.from(parents),
    q: { kind: 'dense', rows, rowOf: Int32Array.from(parents, (each) => each + 1) },
  }
  const target = targetAfter([])
  const rest = new Map<string, Float32Array>()
  return lawOverUniforms(
    (uniform) => {
      target.load(new Float32Array(3 * SIZE), draft)
      const { path, token } = referenceVerifier('rejection').verify(draft, target, {
        sample: (offset) => uniform(`sample ${offset}`),
        accept: (offset, index = 0) => uniform(`accept ${offset} ${index}`),
        correct: (offset) => uniform(`correct ${offset}`),
      })
      const committed = [...Array.from(path, (node) => tokens[node]!), token]
      if (committed.length < 2) {
        const law = rest.get(String(token)) ?? maskedLaw([token])
        rest.set(String(token), law)
        committed.push(categorical(law, uniform('rest')))
      }
      return committed.slice(0, 2).join(',')
    },
    { grid: 4 },
  )
}

for (const parents of [
  [-1, 0],
  [-1, -1],
]) {
  it(`has the masked law with speculation, to the last digit: parents ${parents}`, async () => {
    const second = parents[1] === 0 ? q[1]! : q[0]!
    const rows = Float32Array.from(parents[1] === 0 ? [...q[0]!, ...q[1]!] : q[0]!)
    const law = new Map<string, number>()
    for (const [first, mass] of q[0]!.entries()) {
      for (const [next, share] of second.entries()) {
        if (mass * share === 0) continue
        for (const [key, each] of await lawGiven([first, next], parents, rows)) {
          law.set(key, (law.get(key) ?? 0) + mass * share * each)
        }
      }
    }
    expect(lawDistance(law, plainLaw(maskedLaw, 2))).toBeLessThan(1e-12)
    expect([...law.keys()].sort()).toEqual(['0,1', '0,4', '2,4', '3,1', '3,4', '5,4'])
  })
}

it('refuses bad options', () => {
  expect(() => constrained(constraint, { countFrom: -1 })).toThrow(ForetokenError)
  expect(() => constrained(constraint).rollback(1)).toThrow(ForetokenError)
})
