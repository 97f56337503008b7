import {
  type Architecture,
  buildGraph,
  byteLength,
  int8Form,
  paddedGraph,
  readDescription,
  readPadded,
  syntheticGraph,
  type WeightLocation,
  weightPlan,
} from '@foretoken/graph'
import * as wasm from 'onnxruntime-web'
import { expect, it } from 'vitest'
import { LLAMA, RUNTIMES } from '../fixtures/runtimes.ts'
import { onnxModel } from './onnx-model.ts'
import type { OnnxSession } from './session.ts'

/** Rows of 512 bytes in all matrices but two, one of them with a bias. */
const ALIASED: Architecture = {
  ...LLAMA,
  heads: 6,
  kvHeads: 1,
  headDim: 64,
  qkvBias: true,
  feedForward: 256,
  vocabularySize: 512,
}
const FORM = int8Form({ hadamard: 16 })
const makeTensor = RUNTIMES[1]!.makeTensor

/** A graph whose weights lie in a file, and that file, with numbers that are random but sensible. */
function stored(architecture: Architecture): { graph: Uint8Array; file: Uint8Array } {
  const plan = weightPlan(architecture, FORM)
  const table = new Map<string, WeightLocation>()
  let end = 0
  for (const spec of plan) {
    table.set(spec.name, { file: 'weights.bin', offset: end, byteLength: byteLength(spec) })
    end += byteLength(spec)
  }
  const file = new Uint8Array(end)
  let state = 1
  for (const { name, dtype, shape } of plan) {
    const { offset } = table.get(name) as { offset: number }
    const count = shape.reduce((product, extent) => product * extent, 1)
    const view = new DataView(file.buffer, offset)
    for (let i = 0; i < count; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      const unit = state / 2 ** 31 - 1
      if (dtype === 'int8') view.setInt8(i, Math.round(unit * 127))
      else if (dtype === 'float16') view.setUint16(2 * i, (unit < 0 ? 0x8000 : 0) | 0x3800 | (state >>> 22), true)
      else view.setFloat32(4 * i, name.endsWith('scale') ? 0.002 * (1.5 + unit) : unit, true)
    }
  }
  return { graph: buildGraph(architecture, { form: FORM }, table), file }
}

async function logitsOf(graph: Uint8Array, path: string, data: Uint8Array): Promise<Float32Array> {
  const session = (await wasm.InferenceSession.create(graph, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'disabled',
    externalData: [{ path, data }],
  })) as unknown as OnnxSession
  await using model = onnxModel({ session, makeTensor, description: readDescription(graph) })
  const tokens = Int32Array.from({ length: 20 }, (_, i) => (i * 97 + 5) % ALIASED.vocabularySize)
  return (await model.step({ tokens })).logits.slice()
}

it('gives the same bits with free columns beside its matrices', async () => {
  const { graph, file } = stored(ALIASED)
  const padded = paddedGraph(graph, 'padded.bin')!
  expect(padded.parts.filter(({ rows }) => rows > 1).map(({ stride }) => stride)).toEqual(new Array(5).fill(512 + 64))
  const laid = await readPadded(padded, async (offset, length) => file.subarray(offset, offset + length))
  const expected = await logitsOf(graph, 'weights.bin', file)
  expect(expected.every(Number.isFinite)).toBe(true)
  expect(new Set(expected).size).toBeGreaterThan(1000)
  expect(await logitsOf(padded.model, 'padded.bin', laid)).toEqual(expected)
  expect(readDescription(padded.model)).toEqual(readDescription(graph))
})

it('leaves graphs alone whose rows lie well or whose weights are inside', () => {
  expect(paddedGraph(stored(LLAMA).graph, 'padded.bin')).toBeNull()
  expect(paddedGraph(syntheticGraph(ALIASED, { form: FORM }), 'padded.bin')).toBeNull()
})
