import { loadModel } from '@foretoken/backend-web'
import { generate } from '@foretoken/core'
import { modelFile } from '@foretoken/model-stories'
import { expect, it } from 'vitest'
import { story } from './in-browser.ts'

const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
const adapter = await gpu?.requestAdapter().catch(() => null)
const TEXT = 'Once upon a time, there was a little'

it.skipIf(!adapter)('drafts on WASM for a target on WebGPU (skipped without an adapter)', async () => {
  const mixed = await story(TEXT, 10)
  expect(mixed.where).toEqual({
    target: { provider: 'webgpu', threads: 1, thread: 'worker' },
    draft: { provider: 'wasm', threads: 1, thread: 'worker' },
  })
  expect(mixed.stats.accepted).toBeGreaterThan(2)
  await using plain = await loadModel(modelFile, { weights: 'float32' })
  const { tokenizer, model } = plain
  const alone = await generate({ model, prompt: tokenizer.encode(TEXT), maxTokens: 10 })
  expect(mixed.tokenIds).toEqual(alone.tokenIds)
})
