// Grammar-aligned samples come to the law of exact rejection, which is there from the first sample on.
import { type Constraint, constrain, terminal, vocabulary } from '@foretoken/constraint'
import { generate } from '@foretoken/core'
import { grammarAligned } from '@foretoken/sampler-grammar-aligned'
import { rejectionPrefix } from '@foretoken/sampler-rejection-prefix'
import { chiSquare, type ToyLogits, toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'

const BITS = ['0', '1', '']
const PROMPT = Int32Array.of(0)
const FIVE = Array.from({ length: 32 }, (_, i) => i.toString(2).padStart(5, '0'))
const coin: ToyLogits = (context) => Float32Array.from(context.length === 6 ? [0, 0, 1] : [0.5, 0.5, 0], Math.log)
/** The worked example of Grammar-Aligned Decoding. */
const worked: ToyLogits = ([, ...x]) =>
  Float32Array.from(
    x.length === 2 ? [0, 0, 1] : x.length === 0 ? [0.9, 0.1, 0] : x[0] === 0 ? [0.1, 0.9, 0] : [0.5, 0.5, 0],
    Math.log,
  )

const CASES: readonly (readonly [string, readonly string[], ToyLogits])[] = [
  ['worked example', ['00', '10', '11'], worked],
  ['00000 or 1xxxx', FIVE.filter((text) => text === '00000' || text[0] === '1'), coin],
  ['17 of 32 strings', FIVE.filter((text) => text === '00000' || text[2] === '1'), coin],
]

function languageOf(texts: readonly string[]): Constraint {
  const tokenBytes = (id: number) => new TextEncoder().encode(BITS[id])
  const build: Parameters<typeof constrain>[0]['build'] = (r) => [terminal(r.or(texts.map((text) => r.literal(text))))]
  return constrain({ name: 'bits', build }, vocabulary({ vocabularySize: 3, tokenBytes, stopTokens: [2] }))
}

/** Counts by text, [texts]. */
async function counted(texts: readonly string[], times: number, next: (i: number) => Promise<Int32Array>) {
  const counts = new Map(texts.map((text) => [text, 0]))
  for (let i = 0; i < times; i++) {
    const text = Array.from(await next(i), (token) => BITS[token]).join('')
    expect(counts.has(text)).toBe(true)
    counts.set(text, counts.get(text)! + 1)
  }
  return [...counts.values()]
}

/** P(text) / P(grammar). */
function conditional(texts: readonly string[], logits: ToyLogits): number[] {
  const masses = texts.map((text) => {
    const bits = Array.from(text, Number)
    return bits.reduce((mass, bit, i) => mass * Math.exp(logits([0, ...bits.slice(0, i)])[bit]!), 1)
  })
  const all = masses.reduce((a, b) => a + b)
  return masses.map((mass) => mass / all)
}

for (const [name, texts, logits] of CASES) {
  it(`${name}: both follow one law, chi-square at alpha 0.001; masking does not`, async () => {
    const constraint = languageOf(texts)
    const model = () => toyModel({ vocabularySize: 3, logits })
    const law = conditional(texts, logits)
    const exact = rejectionPrefix({ model: model(), constraint, prompt: PROMPT, seed: 1 })
    const byRejection = await counted(texts, 4000, async () => (await exact.sample()).tokenIds)
    expect(chiSquare(byRejection, law).pValue).toBeGreaterThan(0.001)

    const aligned = grammarAligned({ constraint, prompt: PROMPT })
    const sample = async (seed: number) => (await generate({ model: model(), seed, ...aligned.decoding })).tokenIds
    for (let seed = 0; seed < 500; seed++) await sample(seed)
    const [mine, theirs] = [aligned.statistics(), exact.statistics()]
    expect(Math.abs(mine.atMost - theirs.atMost)).toBeLessThan(1e-6)
    const byAligned = await counted(texts, 4000, (i) => sample(500 + i))
    expect(chiSquare(byAligned, law).pValue).toBeGreaterThan(0.001)

    const masked = grammarAligned({ constraint, prompt: PROMPT, law: 'masked' })
    const byMasking = await counted(texts, 4000, async (seed) => {
      return (await generate({ model: model(), seed, ...masked.decoding })).tokenIds
    })
    expect(chiSquare(byMasking, law).pValue).toBeLessThan(1e-6)
  })
}

it('is exact where one grammar-aligned sample is not: the first sample over 4,000 restarts', async () => {
  const [, texts, logits] = CASES[1]!
  const constraint = languageOf(texts)
  const law = conditional(texts, logits)
  const model = () => toyModel({ vocabularySize: 3, logits })
  const first = await counted(texts, 4000, async (seed) => {
    return (await rejectionPrefix({ model: model(), constraint, prompt: PROMPT, seed }).sample()).tokenIds
  })
  expect(chiSquare(first, law).pValue).toBeGreaterThan(0.001)
  const aligned = await counted(texts, 4000, async (seed) => {
    const { decoding } = grammarAligned({ constraint, prompt: PROMPT })
    return (await generate({ model: model(), seed, ...decoding })).tokenIds
  })
  expect(chiSquare(aligned, law).pValue).toBeLessThan(1e-6)
})
