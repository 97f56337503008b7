import type { Model } from '@foretoken/core'
import {
  type Architecture,
  buildGraph,
  byteLength,
  type GraphOptions,
  int8Form,
  readDescription,
  type WeightLocation,
  type WeightSpec,
  weightPlan,
} from '@foretoken/graph'
import { testBackend } from '@foretoken/testkit'
import { describe, expect, it } from 'vitest'
import { GEMMA, LLAMA, RUNTIMES, type Runtime } from '../fixtures/runtimes.ts'
import { onnxModel } from './onnx-model.ts'

const FOUR: Architecture = { ...LLAMA, layers: 4 }
const SANDWICH: Architecture = { ...GEMMA, layers: 4, layerTypes: ['sliding', 'global', 'sliding', 'global'] }
const TOKENS = Int32Array.from({ length: 24 }, (_, i) => (i * 7919 + 13) % 61)
const form = int8Form({ hadamard: 16 })

/** A model whose `zero` tensors are zero. */
async function open(
  runtime: Runtime,
  architecture: Architecture,
  options: Partial<GraphOptions>,
  zero: readonly string[] = [],
): Promise<Model> {
  const weights = new Map<string, WeightLocation>(
    weightPlan(architecture, form).map((spec) => [
      spec.name,
      { bytes: zero.includes(spec.name) ? new Uint8Array(byteLength(spec)) : fill(spec) },
    ]),
  )
  const graph = buildGraph(architecture, { form, ...options }, weights)
  const session = await runtime.create(graph)
  return onnxModel({ session, makeTensor: runtime.makeTensor, description: readDescription(graph), maximumRows: 32 })
}

/** Numbers that make logits spread. */
function fill(spec: WeightSpec): Uint8Array {
  const bytes = new Uint8Array(byteLength(spec))
  let state = spec.name.length * 7 + spec.name.charCodeAt(spec.name.length - 1)
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 16
  }
  if (spec.dtype === 'int8') return bytes.map(() => next() & 255)
  if (spec.dtype === 'float16') {
    const bits = new Uint16Array(bytes.buffer)
    for (let i = 0; i < bits.length; i++) bits[i] = (next() & 0x83ff) | 0x3800
  } else {
    const values = new Float32Array(bytes.buffer)
    const unit = spec.name.endsWith('.scale') ? 0.002 : 1
    for (let i = 0; i < values.length; i++) values[i] = unit * (1 + (next() & 255) / 512)
  }
  return bytes
}

/** Logits of `TOKENS` fed in steps of `rows`, each committed. */
async function logitsOf(model: Model, rows: number): Promise<number[]> {
  const all: number[] = []
  model.rewind(0)
  while (model.length < TOKENS.length) {
    const tokens = TOKENS.subarray(model.length, model.length + rows)
    all.push(...(await model.step({ tokens })).logits)
    model.commit(tokens.map((_, row) => row))
  }
  return all
}

/** The paper's S: sub-layers by number. */
function skipping(model: Model, ...subLayers: number[]): Model {
  const skipped = new Uint8Array(model.skipping?.subLayers ?? 0)
  for (const subLayer of subLayers) skipped[subLayer] = 1
  return model.skipping?.fork(skipped) as Model
}

describe.each(RUNTIMES)('$name', (runtime) => {
  it('leaves every bit as it is while nothing is skipped', async () => {
    for (const architecture of [FOUR, SANDWICH]) {
      await using plain = await open(runtime, architecture, {})
      await using able = await open(runtime, architecture, { skippable: true })
      expect(plain.supports.has('layers:skip')).toBe(false)
      expect(plain.skipping).toBeUndefined()
      expect(able.supports.has('layers:skip')).toBe(true)
      const expected = await logitsOf(plain, 5)
      expect(new Set(expected).size).toBeGreaterThan(100)
      expect(await logitsOf(able, 7)).toEqual(expected)
      await using none = skipping(able)
      expect(await logitsOf(none, 3)).toEqual(expected)
    }
  })

  it('computes what a graph without the layers computes', async () => {
    await using able = await open(runtime, FOUR, { skippable: true })
    for (const layers of [[0, 2, 3], [0, 3], [1]]) {
      await using reference = await open(runtime, FOUR, { layers })
      const gone = [0, 1, 2, 3].filter((layer) => !layers.includes(layer))
      await using skipped = skipping(able, ...gone.flatMap((layer) => [2 * layer, 2 * layer + 1]))
      expect(await logitsOf(skipped, 4)).toEqual(await logitsOf(reference, 4))
    }
  })

  it('computes what zeroed output projections compute', async () => {
    for (const architecture of [FOUR, SANDWICH]) {
      await using able = await open(runtime, architecture, { skippable: true })
      const whole = await logitsOf(able, 4)
      for (const subLayers of [[2], [3], [0, 3, 4], [1, 2, 5, 6, 7]]) {
        const zero = subLayers.map((i) => `layers.${i >> 1}.${i % 2 === 0 ? 'output' : 'down'}`)
        await using reference = await open(runtime, architecture, {}, zero)
        await using skipped = skipping(able, ...subLayers)
        const logits = await logitsOf(skipped, 4)
        expect(logits).toEqual(await logitsOf(reference, 4))
        expect(logits).not.toEqual(whole)
      }
    }
  })

  it('keeps what a skipping state commits to itself', async () => {
    await using able = await open(runtime, FOUR, { skippable: true })
    const rows = TOKENS.map((_, row) => row)
    await able.step({ tokens: TOKENS })
    able.commit(rows)
    const expected = (await able.step({ tokens: TOKENS })).logits.slice()
    for (let round = 0; round < 3; round++) {
      await using skipped = skipping(able, 2, 5)
      await skipped.step({ tokens: TOKENS.subarray(round) })
      skipped.commit(rows.subarray(round).map((row) => row - round))
      await using deeper = skipped.fork()
      const [mine, theirs] = [await skipped.step({ tokens: TOKENS }), await deeper.step({ tokens: TOKENS })]
      expect(theirs.logits).toEqual(mine.logits)
      expect(theirs.logits).not.toEqual(expected)
      expect(able.length).toBe(TOKENS.length)
      expect((await able.step({ tokens: TOKENS })).logits).toEqual(expected)
    }
  })

  it('refuses a set of another size', async () => {
    await using able = await open(runtime, FOUR, { skippable: true })
    const refused = expect.objectContaining({ code: 'BAD_OPTION' })
    expect(() => able.skipping?.fork(new Uint8Array(7))).toThrowError(refused)
  })

  testBackend(
    { describe, it },
    {
      name: 'two sub-layers skipped',
      create: async () => {
        const able = await open(runtime, FOUR, { skippable: true })
        const skipped = skipping(able, 2, 5)
        await able.dispose()
        return skipped
      },
      tokens: 24,
    },
  )
})
