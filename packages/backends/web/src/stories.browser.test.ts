import { generate, type Model } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { expect, it } from 'vitest'
import { type LoadedModel, loadModel } from './load-model.ts'

const stories = new URL('../../../models/stories/stories.gguf', import.meta.url)
const draft = new URL('../../../models/stories-draft/stories-draft.gguf', import.meta.url)
const TEXT =
  'Once upon a time, there was a little duck named Lily. She lived in a green valley. She loved to run and play.'

/** Logits of the whole text, fed so many rows at a time. */
async function logitsOf(model: Model, tokens: Int32Array, rows: number): Promise<Float32Array> {
  const all = new Float32Array(tokens.length * model.vocabularySize)
  model.rewind(0)
  while (model.length < tokens.length) {
    const fed = tokens.subarray(model.length, model.length + rows)
    all.set((await model.step({ tokens: fed })).logits, model.length * model.vocabularySize)
    model.commit(fed.map((_, row) => row))
  }
  return all
}

it('gives the same bits for any number of rows and threads', async () => {
  const all: Float32Array[] = []
  for (const threads of [1, 2]) {
    await using loaded = await loadModel(stories, { threads })
    expect(loaded.runtime).toEqual({ provider: 'wasm', threads })
    expect(loaded.model.supports).toContain('rows:exact')
    const tokens = loaded.tokenizer.encode(TEXT)
    for (const rows of [1, 2, 7, 64]) all.push(await logitsOf(loaded.model, tokens, rows))
  }
  expect(new Set(all[0]).size).toBeGreaterThan(1000)
  for (const logits of all) expect(logits).toEqual(all[0])
})

/** The same generation each time, from an empty cache. */
function settings({ model, tokenizer: { stopTokens, tokenBytes, encode } }: LoadedModel) {
  model.rewind(0)
  return { model, prompt: encode(TEXT), stopTokens, tokenBytes, maxTokens: 80 }
}

it('writes with drafting what it writes without', async () => {
  await using target = await loadModel(stories)
  await using small = await loadModel(draft)
  const plain = await generate(settings(target))
  expect(plain.text.length).toBeGreaterThan(100)
  const bytesOf =
    ({ tokenizer }: LoadedModel) =>
    (token: number) =>
      tokenizer.tokenBytes(token)
  const tokenBytes = { draft: bytesOf(small), target: bytesOf(target) }
  for (const drafter of [promptLookup(), draftModel({ model: small.model, tokenBytes })]) {
    const run = await generate({ ...settings(target), drafter, verifier: speculativeSampling() })
    expect(run.stats.accepted).toBeGreaterThan(0)
    expect(run.tokenIds).toEqual(plain.tokenIds)
  }
})

it('draws with matched drafts what it draws without', async () => {
  await using target = await loadModel(stories)
  const sampled = { temperature: 0.8, seed: 7 }
  const plain = await generate({ ...settings(target), ...sampled })
  const run = await generate({ ...settings(target), ...sampled, drafter: promptLookup(), verifier: exactMatch() })
  expect(run.tokenIds).toEqual(plain.tokenIds)
})
