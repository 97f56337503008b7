import type { PlacedModel } from '@foretoken/backend-onnx'
import { type Architecture, FLOAT32_FORM, syntheticGraph } from '@foretoken/graph'
import * as ort from 'onnxruntime-web/webgpu'
import { describe, expect, it } from 'vitest'
import { deviceModel, requireDevice } from './device-session.ts'
import { findAdapter, type GpuDevice } from './gpu.ts'

// In the page rather than in a worker: the test counts what the device is asked for, and destroys it.
const adapter = await findAdapter().catch(() => null)

const TINY: Architecture = {
  family: 'llama',
  vocabularySize: 64,
  width: 16,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  feedForward: 32,
  normEpsilon: 1e-5,
  contextLength: 512,
  rope: { theta: 10_000 },
  activation: 'silu',
  tiedHead: true,
  qkvBias: false,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}
const graph = syntheticGraph(TINY, { form: FLOAT32_FORM, attention: 'in-place', cache: 'float32' })
ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

async function open(): Promise<{ readonly device: GpuDevice; readonly model: PlacedModel }> {
  const { device } = await requireDevice()
  return { device, model: await deviceModel({ ort, device, graph }) }
}

/** Counts the buffers that live: made, not destroyed and not forgotten. */
function bufferCounter(device: GpuDevice) {
  const counts = { made: 0, live: 0, bytes: 0 }
  const create = device.createBuffer.bind(device)
  device.createBuffer = (options) => {
    const buffer = create(options)
    const destroy = buffer.destroy.bind(buffer)
    let isLive = true
    counts.made++
    counts.live++
    counts.bytes += options.size
    buffer.destroy = () => {
      if (isLive) {
        counts.live--
        counts.bytes -= options.size
      }
      isLive = false
      destroy()
    }
    return buffer
  }
  return counts
}

const range = (count: number) => Int32Array.from({ length: count }, (_, i) => i)

/** Drafts a tree and keeps a branch of it, goes back by a row, and forks: the fork goes its own way over the origin's rows. */
async function round(model: PlacedModel, n: number): Promise<void> {
  if (model.length > 100) model.rewind(7)
  const token = (i: number) => (n * 7 + i * 3) % TINY.vocabularySize
  await model.step({ tokens: range(5).map(token), parents: Int32Array.of(-1, 0, 0, 2, 2), wants: 'argmax' })
  await using fork = model.fork()
  model.commit(n % 2 ? Int32Array.of(0, 2, 4) : Int32Array.of(0, 1))
  model.rewind(model.length - 1)
  await fork.step({ tokens: range(2).map(token), wants: 'argmax' })
  fork.commit(range(1))
}

describe.skipIf(!adapter)('a model on a device (skipped without an adapter)', () => {
  it('leaks no buffer over 1,000 rounds', { timeout: 120_000 }, async () => {
    const { device } = await requireDevice()
    const counts = bufferCounter(device)
    const model = await deviceModel({ ort, device, graph })
    const seen: (typeof counts)[] = []
    for (let n = 0; n < 1000; n++) {
      await round(model, n)
      if (n % 100 === 99) seen.push({ ...counts })
    }
    const [first] = seen
    // The cache's own of this state; those of the forks are gone.
    expect(seen.map(({ live, bytes }) => ({ live, bytes }))).toEqual(
      seen.map(() => ({ live: first?.live, bytes: first?.bytes })),
    )
    expect(counts.made).toBeGreaterThan(1000 * 2 * TINY.layers)
    await model.dispose()
    await expect(device.lost).resolves.toMatchObject({ reason: 'destroyed' })
  })

  it('fails with a typed error once its device is destroyed, and a new one works', async () => {
    const { device, model } = await open()
    const tokens = range(3)
    const { logits } = await model.step({ tokens })
    model.commit(tokens)
    device.destroy()
    const refused = { code: 'BACKEND_FAILED', fix: 'Load the model again.' }
    await expect(model.step({ tokens })).rejects.toMatchObject(refused)
    await expect(model.fork().step({ tokens })).rejects.toMatchObject(refused)
    await model.dispose()
    const again = await open()
    const after = (await again.model.step({ tokens })).logits
    expect(after).toEqual(logits)
    await again.model.dispose()
  })
})
