import { ForetokenError, firstOf, generate, matchWalk, SPEC_VERSION, type Verifier } from '@foretoken/core'
import { toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type LookaheadOptions, lookahead } from './drafter.ts'

const vocabularySize = 64
/** Each token has one successor; all 64 form one cycle, so that no output below 64 tokens repeats itself. */
const successor = (token: number) => (token * 5 + 3) % vocabularySize
const logits = (context: readonly number[]) =>
  Float32Array.from({ length: vocabularySize }, (_, x) => Number(x === successor(context.at(-1)!)))
const model = (maximumRows = 32) => toyModel({ vocabularySize, logits, maximumRows, contextLength: 128 })
const prompt = Int32Array.of(1, 40, 17, 9, 33, 50, 22)
const draws = { uniform: () => 0 }
const matching: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'matching', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}

/** Rounds of a greedy generation whose tokens were checked. */
async function roundsOf(options: LookaheadOptions, maximumRows?: number): Promise<number> {
  const run = { prompt, verifier: matching, maxTokens: 50 }
  const plain = await generate({ ...run, model: model() })
  const fast = await generate({ ...run, model: model(maximumRows), drafter: lookahead(options) })
  expect(fast.tokenIds).toEqual(plain.tokenIds)
  return fast.stats.rounds
}

it('drafts tokens that the text never held, from the window’s own n-grams', async () => {
  const options = { window: 5, ngram: 4, guesses: 5, fromText: false }
  expect(await roundsOf(options)).toBeLessThan(40)
  // Six rows hold a candidate but not the window: nothing is ever learnt.
  expect(await roundsOf(options, 6)).toBe(50)
})

it('accepts the window itself', async () => {
  // Tokens depend on their position alone and never repeat: a window's guess is right, no n-gram of the pool is.
  const byPosition = (context: readonly number[]) =>
    Float32Array.from({ length: vocabularySize }, (_, x) => Number(x === (context.length * 5) % vocabularySize))
  const target = () => toyModel({ vocabularySize, logits: byPosition, maximumRows: 32 })
  const drafter = lookahead({ window: 1, ngram: 3, guesses: 1, fromText: false })
  const result = await generate({ model: target(), prompt, drafter, verifier: matching, maxTokens: 40 })
  expect(result.tokenIds).toEqual((await generate({ model: target(), prompt, maxTokens: 40 })).tokenIds)
  expect(result.stats.accepted).toBeGreaterThan(10)
})

it('verifies n-grams of the text', async () => {
  const seen = Int32Array.of(7, 1, 2, 3, 9, 4, 1)
  const drafter = lookahead({ window: 1, ngram: 3, guesses: 2 })
  await drafter.begin(seen, model())
  expect([...(await drafter.draft(2, draws)).tokens].slice(0, 2)).toEqual([2, 3])
  const blind = lookahead({ window: 1, ngram: 3, guesses: 2, fromText: false })
  await blind.begin(seen, model())
  expect([...(await blind.draft(2, draws)).tokens]).not.toContain(3)
})

it('waits with the window while the room is short', async () => {
  const drafter = lookahead({ window: 3, ngram: 4, guesses: 1, fromText: false })
  await drafter.begin(prompt, model())
  expect((await drafter.draft(3, draws)).tokens.length).toBe(0)
  expect((await drafter.draft(4, draws)).tokens.length).toBe(4)
})

it('learns from its own passes only', async () => {
  const drafter = lookahead({ window: 2, ngram: 3, guesses: 1, fromText: false })
  const first = { ...lookahead(), draft: () => ({ tokens: Int32Array.of(3), q: { kind: 'point-mass' as const } }) }
  const run = { prompt, verifier: matching, maxTokens: 20 }
  const plain = await generate({ ...run, model: model() })
  const both = await generate({ ...run, model: model(), drafter: firstOf(first, drafter) })
  expect(both.tokenIds).toEqual(plain.tokenIds)
})

it('refuses bad options with a typed error', () => {
  const bad = [{ window: 0 }, { ngram: 1 }, { guesses: 1.5 }, { fromText: 1 }, { poolKeys: 0 }, { w: 3 }]
  for (const options of bad) {
    expect(() => lookahead(options as LookaheadOptions)).toThrow(ForetokenError)
    expect(() => lookahead(options as LookaheadOptions)).toThrow(/lookahead/)
  }
})
