import { type Draft, generate, logSumExp, type Model, matchWalk, SPEC_VERSION, type Verifier } from '@foretoken/core'
import { leakChecked, nearbyTable, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { toySkipping } from '../fixtures/toy-skipping.ts'
import { layerSkip } from './drafter.ts'
import { matchness } from './matchness.ts'
import type { LayerSkipOptions } from './options.ts'
import { skipSearch } from './skip-search.ts'

const vocabularySize = 6
const SUB_LAYERS = 16
const logits = toyTable({ vocabularySize })
const prompt = Int32Array.of(1, 2, 3, 4, 5)
const draws = { uniform: (offset: number) => ((offset + 1) * 0.377) % 1 }
const none = new Uint8Array(SUB_LAYERS)
const some = none.map((_, i) => (i % 3 === 0 ? 1 : 0))
const matching: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'matching', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}
/** Sub-layer 6 is worth nothing; each other one changes the law. */
const cost = (skipped: Uint8Array) => skipped.reduce((sum, entry, i) => sum + (i === 6 ? 0 : entry), 0)
const without = (skipped: Uint8Array) =>
  cost(skipped) === 0 ? logits : nearbyTable(logits, { vocabularySize, seed: cost(skipped), closeness: 0.3 })
const model = (contextLength = 64) =>
  toySkipping(toyModel({ vocabularySize, logits, contextLength }), SUB_LAYERS, without)

/** A draft after the target has read all of the prompt but its last token. */
async function draftAfterPrompt(options: LayerSkipOptions, room = 8): Promise<Draft> {
  const target = model()
  const read = prompt.subarray(0, -1)
  await target.step({ tokens: read })
  target.commit(read.map((_, row) => row))
  const drafter = layerSkip(options)
  await drafter.begin(prompt, target)
  return drafter.draft(room, draws)
}

it('drafts the target’s own continuation while nothing is skipped', async () => {
  const plain = await generate({ model: model(), prompt, maxTokens: 8 })
  const draft = await draftAfterPrompt({ skipped: none, threshold: 0 })
  expect(draft.tokens).toEqual(plain.tokenIds)
  const run = { prompt, verifier: matching, maxTokens: 30 }
  const drafter = layerSkip({ skipped: none, threshold: 0 })
  const fast = await generate({ ...run, model: model(), drafter })
  expect(fast.tokenIds).toEqual((await generate({ ...run, model: model() })).tokenIds)
  expect(fast.stats.accepted).toBe(fast.stats.drafted)
  expect(fast.stats.drafted).toBeGreaterThan(20)
})

it('drafts what the skipping model writes, and stops behind a token it is not sure of', async () => {
  const whole = await draftAfterPrompt({ skipped: some, threshold: 0 })
  const law = without(some)
  const text = [...prompt]
  whole.tokens.forEach((token, i) => {
    const row = Float32Array.from(law(text))
    expect(token).toBe(row.indexOf(Math.max(...row)))
    expect(whole.confidence![i]).toBeCloseTo(Math.exp(row[token]! - logSumExp(row)), 6)
    text.push(token)
  })
  expect(whole.tokens.length).toBe(8)
  const lowest = Math.min(...whole.confidence!)
  const cut = await draftAfterPrompt({ skipped: some, threshold: lowest + 1e-6 })
  expect(cut.tokens).toEqual(whole.tokens.subarray(0, whole.confidence!.indexOf(lowest) + 1))
})

it('drafts nothing before the target has read the prompt', async () => {
  const drafter = layerSkip({ skipped: some })
  await drafter.begin(prompt, model())
  expect((await drafter.draft(4, draws)).tokens.length).toBe(0)
})

it('leaves nothing behind in the target', async () => {
  const { model: watched, leaks } = leakChecked(toyModel({ vocabularySize, logits }))
  const target = toySkipping(watched, SUB_LAYERS, without)
  const drafter = layerSkip({ interval: 2, context: 4, threshold: 0 })
  await generate({ model: target, prompt, drafter, verifier: matching, maxTokens: 40 })
  expect(leaks.live()).toBe(1)
})

it('scores a set by the tokens that it foretells', async () => {
  const target = model()
  const text = Int32Array.of(...prompt, ...(await generate({ model: target, prompt, maxTokens: 12 })).tokenIds)
  const before = target.length
  const passage = { from: 5, tokens: text.subarray(5, 16) }
  expect(await matchness(target, none, passage)).toBe(1)
  const law = without(some)
  const same = [...text.subarray(6, 16)].filter((token, i) => {
    const row = law([...text.subarray(0, 6 + i)])
    return row.indexOf(Math.max(...row)) === token
  })
  expect(await matchness(target, some, passage)).toBe(same.length / 10)
  expect(same.length).toBeLessThan(10)
  expect(target.length).toBe(before)
})

it('finds the sub-layer that costs nothing, in a search that goes on through generations', async () => {
  const search = skipSearch(SUB_LAYERS, { ratio: 0.1, bayesInterval: 4, enough: 0.99 })
  const drafter = layerSkip({ search, interval: 1, context: 8 })
  for (let i = 0; i < 6 && !search.isOver; i++) {
    const target = model()
    await generate({
      model: target,
      prompt: prompt.map((x) => (x + i) % 6),
      drafter,
      verifier: matching,
      maxTokens: 50,
    })
  }
  expect([...search.best.keys()].filter((i) => search.best[i] === 1)).toEqual([6])
  expect(search.bestScore).toBe(1)
})

it('refuses targets that cannot skip, and sets of other models', async () => {
  const begin = async (options: LayerSkipOptions, target: Model) => layerSkip(options).begin(prompt, target)
  await expect(begin({}, toyModel({ vocabularySize }))).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  await expect(begin({ skipped: new Uint8Array(3) }, model())).rejects.toMatchObject({ code: 'BAD_OPTION' })
  await expect(begin({ search: skipSearch(10) }, model())).rejects.toMatchObject({ code: 'BAD_OPTION' })
  const bad = [{ threshold: 2 }, { temperature: -1 }, { context: 0 }, { interval: 0 }, { layers: [1] }]
  for (const options of [...bad, { search: skipSearch(8), skipped: none }]) {
    expect(() => layerSkip(options as LayerSkipOptions)).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }))
  }
})
