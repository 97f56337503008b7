import { testBackend } from '@foretoken/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoadedModel, loadModel } from './load-model.ts'

const llama = new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url)
const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<{ features: ReadonlySet<string> } | null> } }
const adapter = await gpu?.requestAdapter().catch(() => null)
const isHalf = adapter?.features.has('shader-f16') ?? false

it.skipIf(adapter && isHalf)('says what the adapter lacks', async () => {
  const missing = adapter ? /shader-f16/ : /no WebGPU adapter/
  await expect(loadModel(llama, { provider: 'webgpu' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(missing),
  })
})

const WEIGHTS = isHalf ? (['float32', 'int8'] as const) : (['float32'] as const)

describe.skipIf(!adapter).each(WEIGHTS)('WebGPU (skipped without an adapter), %s', (weights) => {
  let loaded: LoadedModel
  beforeAll(async () => {
    loaded = await loadModel(llama, { provider: 'webgpu', weights })
  })
  afterAll(() => loaded?.dispose())

  it('claims no exact rows', () => {
    expect(loaded.runtime.provider).toBe('webgpu')
    expect(loaded.model.supports).not.toContain('rows:exact')
  })

  testBackend(
    { describe, it },
    { name: 'a fork', create: () => loaded.model.fork(), splits: [1, 3, 64], tolerance: 0.01 },
  )
})
