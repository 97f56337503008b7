import { testBackend } from '@foretoken/testkit'
import { describe, expect, it } from 'vitest'
import { loadModel } from './load-model.ts'

const llama = new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url)
const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<{ features: ReadonlySet<string> } | null> } }
const adapter = (await gpu?.requestAdapter().catch(() => null))?.features.has('shader-f16')
const options = { provider: 'webgpu' } as const

it.skipIf(adapter)('says that there is no WebGPU that computes float16', async () => {
  await expect(loadModel(llama, options)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

describe.skipIf(!adapter)('with an adapter that computes float16 (skipped where there is none)', () => {
  it('claims no exact rows', async () => {
    await using loaded = await loadModel(llama, options)
    expect(loaded.runtime.provider).toBe('webgpu')
    expect(loaded.model.supports).not.toContain('rows:exact')
  })

  testBackend(
    { describe, it },
    {
      name: 'WebGPU',
      create: async () => (await loadModel(llama, options)).model,
      splits: [1, 3, 64],
      tolerance: 0.05,
    },
  )
})
