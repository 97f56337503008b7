import { expect, it } from 'vitest'
import { cdp } from 'vitest/browser'
import { loadModel } from './load-model.ts'

const llama = new URL('../../../checkpoint/fixtures/checkpoints/llama.gguf', import.meta.url)
const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
const adapter = await gpu?.requestAdapter().catch(() => null)
const options = { provider: 'webgpu', weights: 'float32' } as const
const tokens = Int32Array.of(1, 2, 3)

it.skipIf(!adapter)(
  'fails with a typed error when the device is lost, and loads again (skipped without an adapter)',
  async () => {
    const loaded = await loadModel(llama, options)
    const { logits } = await loaded.model.step({ tokens })
    await (cdp() as unknown as { send(method: string): Promise<unknown> })
      .send('Browser.crashGpuProcess')
      // The crash may take its answer along.
      .catch(() => undefined)
    await expect
      .poll(
        () =>
          loaded.model.step({ tokens }).then(
            () => 'still there',
            ({ code }) => code,
          ),
        { timeout: 15_000 },
      )
      .toBe('BACKEND_FAILED')
    await loaded.dispose()
    await using again = await loadModel(llama, options)
    const after = (await again.model.step({ tokens })).logits
    expect(after.length).toBe(logits.length)
    for (const [i, value] of after.entries()) expect(value).toBeCloseTo(logits[i] as number, 3)
  },
)
