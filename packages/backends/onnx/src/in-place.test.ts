import type { Model } from '@foretoken/core'
import { type Architecture, FLOAT32_FORM, type GraphDescription, readDescription } from '@foretoken/graph'
import { expect, it } from 'vitest'
import { GEMMA, LLAMA, RUNTIMES, type Runtime, syntheticBytes, syntheticModel } from '../fixtures/runtimes.ts'
import type { KeptRows } from './kept-rows.ts'
import { attentionMask } from './mask.ts'
import { onnxModel } from './onnx-model.ts'
import type { OnnxTensor } from './session.ts'

const { create, makeTensor } = RUNTIMES[0] as Runtime

/** Rows that the graph writes itself, in memory: the runtime copies, so they are taken from its outputs. Chains only. */
function memoryRows({ architecture, cache, layers }: GraphDescription, capacity: number): KeptRows {
  const dims = [1, architecture.kvHeads, capacity, architecture.headDim]
  const size = dims.reduce((a, b) => a * b)
  const names = layers.flatMap((layer) => [`${layer}.key`, `${layer}.value`])
  const empty = () => makeTensor(cache, cache === 'float16' ? new Uint16Array(size) : new Float32Array(size), dims)
  let pasts = names.map(empty)
  let length = 0
  return {
    get length() {
      return length
    },
    bind(step, feeds, fetches) {
      const rows = step.tokens.length
      const slots = length + rows
      const mask = (window?: number) =>
        makeTensor('float32', attentionMask(step, length, { from: 0, count: length, slots: length }, window), [
          1,
          1,
          rows,
          slots,
        ])
      Object.assign(feeds, {
        last_slot: makeTensor('int32', Int32Array.of(slots - 1), [1]),
        slots: makeTensor('int32', Int32Array.of(slots), [1]),
        mask: mask(),
        ...(architecture.slidingWindow !== undefined && { sliding_mask: mask(architecture.slidingWindow) }),
        ...Object.fromEntries(names.map((name, i) => [`past.${name}`, pasts[i] as OnnxTensor])),
      })
      for (const name of names) fetches[`present.${name}`] = null
    },
    append(outputs, path) {
      pasts = names.map((name) => outputs[`present.${name}`] as OnnxTensor)
      length += path.length
    },
    rewind: (to) => {
      length = to
    },
    fork: () => {
      throw new Error('not forked here')
    },
    dispose: () => {},
  }
}

async function open(architecture: Architecture, cache: 'float32' | 'float16'): Promise<Model> {
  const graph = syntheticBytes(architecture, { form: FLOAT32_FORM, attention: 'in-place', cache })
  const description = readDescription(graph)
  expect(description.inPlace).toBe(true)
  return onnxModel({ session: await create(graph), makeTensor, description, rows: memoryRows(description, 64) })
}

// With one kv head the prepared order of heads is the runtime's.
const SHAPES: readonly (readonly [string, Architecture])[] = [
  ['global layers', { ...LLAMA, kvHeads: 1 }],
  ['local and global layers', GEMMA],
]

it.each(
  SHAPES.flatMap(([name, architecture]) => [
    [name, 'float32', architecture, 1e-3] as const,
    [name, 'float16', architecture, 0.1] as const,
  ]),
)('a graph that writes its cache computes what others do: %s, %s', async (_, cache, architecture, apart) => {
  await using plain = await syntheticModel(RUNTIMES[0] as Runtime, architecture, {
    form: FLOAT32_FORM,
    attention: 'float',
    cache: 'float32',
  })
  await using model = await open(architecture, cache)
  const tokens = (from: number, count: number) => Int32Array.from({ length: count }, (_, i) => ((from + i) * 7) % 61)
  for (const rows of [9, 1, 4]) {
    const input = { tokens: tokens(model.length, rows) }
    const expected = (await plain.step(input)).logits
    for (const [i, logit] of (await model.step(input)).logits.entries())
      expect(Math.abs(logit - (expected[i] as number))).toBeLessThan(apart)
    for (const each of [plain, model]) each.commit(Int32Array.from({ length: rows }, (_, row) => row))
  }
  const tree = { tokens: tokens(50, 5), parents: Int32Array.of(-1, 0, 0, 1, 2) }
  const expected = (await plain.step(tree)).logits
  for (const [i, logit] of (await model.step(tree)).logits.entries())
    expect(Math.abs(logit - (expected[i] as number))).toBeLessThan(apart)
})

it('refuses what cannot be together', () => {
  expect(() => syntheticBytes(LLAMA, { attention: 'in-place', skippable: true })).toThrowError(
    expect.objectContaining({ code: 'BAD_OPTION' }),
  )
})
