import { testBackend } from '@foretoken/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoadedModel, loadModel } from './load-model.ts'

const CHECKPOINTS = {
  llama: new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url),
  gemma3: new URL('../../../checkpoint/fixtures/checkpoints/gemma3.gguf', import.meta.url),
}

it('runs in an isolated page', () => {
  expect(crossOriginIsolated).toBe(true)
})

describe.each([1, 2])('WASM, threads: %i', (threads) => {
  describe.each(Object.entries(CHECKPOINTS))('%s', (_, checkpoint) => {
    let loaded: LoadedModel
    beforeAll(async () => {
      loaded = await loadModel(checkpoint, { threads })
    })
    afterAll(() => loaded.dispose())

    // A fork of an empty model is a fresh one, without another start of the runtime.
    testBackend({ describe, it }, { name: 'a fork', create: () => loaded.model.fork(), splits: [1, 3, 64] })
  })
})
