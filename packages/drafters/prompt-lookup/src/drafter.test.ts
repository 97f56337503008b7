import { ForetokenError, generate, matchWalk, SPEC_VERSION, type Verifier } from '@foretoken/core'
import { toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type PromptLookupOptions, promptLookup } from './drafter.ts'

const model = toyModel({ vocabularySize: 10 })
const draws = { uniform: () => 0 }
const matching: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'matching', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}

async function draftAfter(prompt: number[], room: number, options?: PromptLookupOptions): Promise<number[]> {
  const drafter = promptLookup(options)
  drafter.begin(Int32Array.from(prompt), model)
  return [...(await drafter.draft(room, draws)).tokens]
}

it('continues the longest match', async () => {
  // "2 3" ends the text; "1 2 3" does not occur, "2 3" was followed by 7 and a lone "3" later by 9.
  expect(await draftAfter([1, 2, 3, 7, 8, 3, 9, 5, 2, 3], 2)).toEqual([7, 8])
})

it('prefers the latest or the earliest match', async () => {
  const text = [1, 2, 5, 1, 2, 6, 1, 2]
  expect(await draftAfter(text, 1)).toEqual([6])
  expect(await draftAfter(text, 1, { prefer: 'earliest' })).toEqual([5])
})

it('drafts nothing without a match', async () => {
  expect(await draftAfter([1, 2, 3], 5)).toEqual([])
  expect(await draftAfter([1, 2, 3, 9, 3], 5, { minimumNgram: 2 })).toEqual([])
})

it('goes on into the draft when the match reaches the end of the text', async () => {
  expect(await draftAfter([7, 1, 2, 1, 2], 5)).toEqual([1, 2, 1, 2, 1])
  expect(await draftAfter([4, 4], 3)).toEqual([4, 4, 4])
})

it('follows commits as a new start would', async () => {
  const text = [1, 2, 3, 1, 2, 3, 3, 1, 2, 1, 1, 2, 3]
  const drafter = promptLookup()
  drafter.begin(Int32Array.from(text.slice(0, 4)), model)
  const draft = await drafter.draft(3, draws)
  const output = { rows: 0, logits: new Float32Array(0) }
  const tokens = Int32Array.from(text.slice(4))
  drafter.commit({ path: new Int32Array(0), token: 3, kind: 'corrected', tokens, draft, output, base: 0 })
  expect([...(await drafter.draft(6, draws)).tokens]).toEqual(await draftAfter(text, 6))
  for (const next of [[...text, 1, 2], text.slice(0, 6), [5, 6, 5]]) {
    drafter.begin(Int32Array.from(next), model)
    expect([...(await drafter.draft(6, draws)).tokens]).toEqual(await draftAfter(next, 6))
  }
})

it('drafts a periodic text at full length', async () => {
  const logits = (context: readonly number[]) =>
    Float32Array.from({ length: 10 }, (_, x) => Number(x === (context.at(-1)! + 1) % 4))
  const periodic = () => toyModel({ vocabularySize: 10, logits, maximumRows: 9 })
  const prompt = Int32Array.of(0, 1, 2, 3, 0, 1)
  const result = await generate({
    model: periodic(),
    prompt,
    drafter: promptLookup(),
    verifier: matching,
    maxTokens: 45,
  })
  expect(result.tokenIds).toEqual((await generate({ model: periodic(), prompt, maxTokens: 45 })).tokenIds)
  expect(result.stats.rounds).toBe(5)
})

it('refuses bad options with a typed error', () => {
  const bad = [{ maximumNgram: 0 }, { maximumNgram: 17 }, { minimumNgram: 4 }, { prefer: 'best' }, { ngram: 3 }]
  for (const options of bad) {
    expect(() => promptLookup(options as PromptLookupOptions)).toThrow(ForetokenError)
    expect(() => promptLookup(options as PromptLookupOptions)).toThrow(/promptLookup/)
  }
})
