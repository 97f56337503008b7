import { expect, it } from 'vitest'
import { pointTree, uniformChain } from '../test/toy-drafters.ts'
import { toyModel } from '../test/toy-model.ts'
import { categorical } from './categorical.ts'
import { generate } from './generate.ts'
import { SPEC_VERSION } from './manifest.ts'
import { rng, STREAMS } from './rng.ts'
import type { LogitsProcessor } from './sampler.ts'
import { softmax } from './softmax.ts'
import { targetLaws } from './target.ts'
import type { Verifier } from './verifier.ts'
import { matchWalk, rejectionWalk, walkScratch } from './walk.ts'

const manifest = { specVersion: SPEC_VERSION, name: 'test', requires: [] } as const

/** Takes 1 off the logit of a token for each time it was seen, and bans the last two. Refuses to lose its history. */
function repetitive(history: number[] = []): LogitsProcessor {
  return {
    manifest: { ...manifest, kind: 'processor' },
    apply(logits) {
      for (const token of history) logits[token]! -= 1
      for (const token of history.slice(-2)) logits[token] = -Infinity
    },
    advance(token) {
      history.push(token)
    },
    rollback(n) {
      if (n > history.length) throw new Error('Rolled back past the beginning.')
      history.length -= n
    },
    fork: () => repetitive([...history]),
  }
}

const verifiers = [matchWalk, (...args: Parameters<typeof matchWalk>) => rejectionWalk(...args, walkScratch(6))].map(
  (verify): Verifier => ({ manifest: { ...manifest, kind: 'verifier', guarantee: 'lossless' }, verify }),
)

it('walks processors along every path: drafting does not change what is generated', async () => {
  const prompt = Int32Array.of(1, 2, 3)
  const processors = [repetitive(), repetitive()]
  for (const temperature of [0, 1]) {
    for (let seed = 0; seed < 6; seed++) {
      const common = { prompt, processors, temperature, seed, maxTokens: 30, topLogProbabilities: 3 }
      const plain = await generate({ ...common, model: toyModel({ seed }) })
      for (const drafter of [uniformChain(6), pointTree(3, 2)]) {
        for (const verifier of temperature === 0 ? verifiers : [verifiers[0]]) {
          const fast = await generate({ ...common, model: toyModel({ seed }), drafter, verifier })
          expect(fast.tokenIds).toEqual(plain.tokenIds)
          expect(fast.logProbabilities).toEqual(plain.logProbabilities)
        }
      }
    }
  }
})

it('leaves the processors of the caller as they were', async () => {
  const history: number[] = []
  await generate({ model: toyModel(), prompt: Int32Array.of(1, 2), processors: [repetitive(history)], maxTokens: 5 })
  expect(history).toEqual([])
})

it('is a point mass at temperature 0 and the softmax above, and never writes to the logits', () => {
  const logits = Float32Array.of(0, 2, 2, -1, 5, 1)
  const kept = logits.slice()
  const draft = { tokens: Int32Array.of(0) }
  const greedy = targetLaws({ vocabularySize: 3, temperature: 0, processors: [] })
  greedy.load(logits, draft)
  expect([greedy.argmax(-1), greedy.argmax(0)]).toEqual([1, 1])
  expect([...greedy.probabilities(-1)]).toEqual([0, 1, 0])
  expect(greedy.sample(-1, 0.99)).toBe(1)
  const warm = targetLaws({ vocabularySize: 3, temperature: 2, processors: [repetitive([0, 0, 0])] })
  warm.load(logits, draft)
  const expected = new Float32Array(3)
  softmax(Float32Array.of(-Infinity, 2, 2), 2, expected)
  expect(warm.probabilities(-1)).toEqual(expected)
  expect(logits).toEqual(kept)
})

it('draws what the probabilities give, to the last bit, whether they were asked for or not', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { uniform } = rng(seed)
    const row = Float32Array.from({ length: 50 }, (_, i) => 9 * uniform(STREAMS.sample, i))
    row[seed % 50] = -Infinity
    const [asked, unasked] = [0, 1].map(() => targetLaws({ vocabularySize: 50, temperature: 0.7, processors: [] }))
    for (const target of [asked!, unasked!]) target.load(row, { tokens: new Int32Array(0) })
    const law = asked!.probabilities(-1)
    // Every edge between two tokens.
    let edge = 0
    for (const probability of law) {
      edge += probability
      expect(unasked!.sample(-1, edge)).toBe(categorical(law, edge))
      expect(asked!.sample(-1, edge)).toBe(categorical(law, edge))
    }
  }
})

it('draws with the sampler of the generation', async () => {
  const sampler = (probabilities: Float32Array, u: number): number => (u < 2 ? probabilities.length - 1 : 0)
  const last = await generate({ model: toyModel(), prompt: Int32Array.of(1), temperature: 1, sampler, maxTokens: 3 })
  expect([...last.tokenIds]).toEqual([5, 5, 5])
})

it('gives log-probabilities of the law, or of the softmax at temperature 1 when greedy', () => {
  const logits = Float32Array.of(1, 3, -Infinity, 2)
  const p = new Float64Array(4)
  for (const temperature of [0, 0.5, 2]) {
    const target = targetLaws({ vocabularySize: 4, temperature, processors: [] })
    target.load(logits, { tokens: new Int32Array(0) })
    softmax(Float64Array.from(logits), temperature === 0 ? 1 : temperature, p)
    const { chosen, ids, logProbabilities } = target.logProbabilities(-1, 0, 4)
    expect(chosen).toBeCloseTo(Math.log(p[0]!), 6)
    expect([...ids]).toEqual([1, 3, 0])
    ids.forEach((id, i) => {
      expect(logProbabilities[i]).toBeCloseTo(Math.log(p[id]!), 5)
    })
  }
})
