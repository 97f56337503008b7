import type { Model } from '@foretoken/core'
import { type Architecture, type GraphOptions, readDescription, unsignedGraph } from '@foretoken/graph'
import { describe, expect, it } from 'vitest'
import { GEMMA, LLAMA, RUNTIMES, syntheticBytes, syntheticModel } from '../fixtures/runtimes.ts'
import { hasExactSignedIntegers } from './integer-check.ts'
import { onnxModel } from './onnx-model.ts'

const LONG = { ...LLAMA, headDim: 32, contextLength: 320 }
/** More positions than any stride of the matrix kernels. */
const TOKENS = 280

const CASES: readonly [string, Architecture, Partial<GraphOptions>][] = [
  ['grouped heads', LONG, {}],
  ['one head per kv head, biases', { ...LONG, heads: 2, qkvBias: true }, {}],
  ['one head, scores without a factor', { ...LONG, heads: 1, kvHeads: 1, attentionScale: 1 }, {}],
  ['normalized heads, a sliding window', { ...LONG, qkNorm: true, slidingWindow: 30 }, {}],
  ['wide heads', { ...GEMMA, contextLength: 320, slidingWindow: 150 }, {}],
  ['sizes that no vector fits', { ...LONG, width: 40, headDim: 10, feedForward: 80, vocabularySize: 53 }, {}],
  ['a float32 cache', LONG, { cache: 'float32' }],
  ['one layer of two', LONG, { layers: [1], hiddenStates: [1] }],
]

describe.each(RUNTIMES)('$name', (runtime) => {
  it.each(CASES)('gives the same bits however rows are fed: %s', async (_, architecture, options) => {
    await using model = await syntheticModel(runtime, architecture, options)
    expect(model.supports).toContain('rows:exact')
    const expected = await logitsBySteps(model, [1])
    expect(expected.every(Number.isFinite)).toBe(true)
    for (const steps of [[64], [2, 7], [17], [3, 1, 40]]) expect(await logitsBySteps(model, steps)).toEqual(expected)
  })

  it('differs by bits with ordinary attention, so the comparison can fail', async () => {
    await using model = await syntheticModel(runtime, LONG, { attention: 'float' })
    expect(model.supports).not.toContain('rows:exact')
    const expected = await logitsBySteps(model, [1])
    const others = await logitsBySteps(model, [17])
    expect(others).not.toEqual(expected)
    expect(Math.max(...others.map((value, i) => Math.abs(value - (expected[i] as number))))).toBeLessThan(0.2)
  })

  it('computes the same bits from unsigned weights', async ({ skip }) => {
    const isExact = await hasExactSignedIntegers(runtime.create, runtime.makeTensor)
    if (!isExact) return skip('signed integers saturate here')
    const graph = syntheticBytes(LONG)
    const description = readDescription(graph)
    const { model: unsigned, flipped } = unsignedGraph(graph, 'elsewhere.bin')
    expect(flipped).toEqual([])
    const open = async (bytes: Uint8Array) =>
      onnxModel({ session: await runtime.create(bytes), makeTensor: runtime.makeTensor, description })
    await using signedModel = await open(graph)
    await using unsignedModel = await open(unsigned)
    expect(await logitsBySteps(unsignedModel, [40])).toEqual(await logitsBySteps(signedModel, [40]))
  })
})

/** Logits of the same tokens, fed in steps of the given sizes in turn, [TOKENS, vocabularySize]. */
async function logitsBySteps(model: Model, sizes: readonly number[]): Promise<Float32Array> {
  const tokens = Int32Array.from({ length: TOKENS }, (_, i) => (i * 7919 + 13) % model.vocabularySize)
  const all = new Float32Array(TOKENS * model.vocabularySize)
  model.rewind(0)
  for (let step = 0; model.length < TOKENS; step++) {
    const fed = tokens.subarray(model.length, model.length + (sizes[step % sizes.length] as number))
    const { logits } = await model.step({ tokens: fed })
    all.set(logits, model.length * model.vocabularySize)
    model.commit(Int32Array.from(fed, (_, row) => row))
  }
  return all
}
