import { testBackend } from '@foretoken/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAdapter } from './gpu.ts'
import { type LoadedModel, loadModel } from './load-model.ts'

const llama = new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url)
const gemma3 = new URL('../../../checkpoint/fixtures/checkpoints/gemma3.gguf', import.meta.url)
const adapter = await findAdapter().catch(() => null)

it.skipIf(adapter)('says that there is no adapter (skipped with one)', async () => {
  await expect(loadModel(llama, { provider: 'webgpu' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(/no WebGPU adapter/),
  })
})

const CASES = [
  ['llama', 'float32', llama],
  ['llama', 'int8', llama],
  ['gemma3', 'int8', gemma3],
] as const

const apart = (some: Float32Array, others: Float32Array): number =>
  some.reduce((sum, value, i) => sum + Math.abs(value - (others[i] as number)), 0) / some.length

describe.skipIf(!adapter).each(CASES)('WebGPU (skipped without an adapter), %s, %s', (_, weights, checkpoint) => {
  let loaded: LoadedModel
  beforeAll(async () => {
    loaded = await loadModel(checkpoint, { provider: 'webgpu', weights })
  })
  afterAll(() => loaded?.dispose())

  it('claims no exact rows', () => {
    expect(loaded.runtime.provider).toBe('webgpu')
    expect(loaded.model.supports).not.toContain('rows:exact')
  })

  it('computes what WASM computes, and with int8 weights nothing worse', async () => {
    const tokens = Int32Array.from({ length: 24 }, (_, i) => (i * 37 + 5) % 200)
    await using float = await loadModel(checkpoint, { weights: 'float32' })
    await using wasm = await loadModel(checkpoint, { weights })
    await using fork = loaded.model.fork()
    const [expected, onWasm, onDevice] = await Promise.all(
      [float.model, wasm.model, fork].map(async (model) => (await model.step({ tokens })).logits),
    )
    const limit = Math.max(1e-4, apart(onWasm as Float32Array, expected as Float32Array))
    expect(apart(onDevice as Float32Array, expected as Float32Array)).toBeLessThan(limit)
  })

  if (checkpoint === llama)
    testBackend(
      { describe, it },
      { name: 'a fork', create: () => loaded.model.fork(), splits: [1, 3, 64], tolerance: 0.01 },
    )
})
