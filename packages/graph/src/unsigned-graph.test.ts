import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Architecture } from './architecture.ts'
import { buildGraph } from './build-graph.ts'
import { readFields } from './protobuf-reader.ts'
import { readDescription } from './read-description.ts'
import { syntheticGraph } from './synthetic.ts'
import { unsignedGraph } from './unsigned-graph.ts'
import { byteLength, int8Form, type WeightLocation, weightPlan } from './weights.ts'

const TINY: Architecture = {
  family: 'llama',
  vocabularySize: 31,
  width: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 8,
  feedForward: 32,
  normEpsilon: 1e-5,
  contextLength: 16,
  rope: { theta: 10_000 },
  activation: 'silu',
  tiedHead: true,
  qkvBias: false,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}
const options = { form: int8Form({ hadamard: 16 }) }

it('names exactly the int8 matrices of the weight file', () => {
  const plan = weightPlan(TINY, options.form)
  let offset = 0
  const table = new Map<string, WeightLocation>()
  for (const spec of plan) {
    table.set(spec.name, { file: 'weights.bin', offset, byteLength: byteLength(spec) })
    offset += 4096
  }
  const { model, flipped } = unsignedGraph(buildGraph(TINY, options, table), 'other.bin')
  const matrices = plan.filter(({ dtype }) => dtype === 'int8')
  expect(flipped).toEqual(
    expect.arrayContaining(
      matrices.map((spec) => ({ offset: 4096 * plan.indexOf(spec), byteLength: byteLength(spec) })),
    ),
  )
  expect(flipped.length).toBe(matrices.length)
  const text = new TextDecoder('latin1').decode(model)
  expect(text).toContain('other.bin')
  expect(text).not.toContain('weights.bin')
})

it('keeps the description', () => {
  const graph = syntheticGraph(TINY, options)
  expect(readDescription(unsignedGraph(graph, 'w').model)).toEqual(readDescription(graph))
})

it('describes what was built', () => {
  const graph = syntheticGraph(TINY, { ...options, tree: false, hiddenStates: [0] })
  expect(readDescription(graph)).toMatchObject({
    architecture: TINY,
    supports: ['logits:all-positions', 'kv:rewind', 'kv:gather', 'kv:fork', 'output:hidden-states', 'rows:exact'],
    positions: 16,
    tree: false,
  })
})

it('gives the same bytes for the same input', () => {
  expect(syntheticGraph(TINY, options)).toEqual(syntheticGraph(TINY, options))
})

it('refuses damaged graphs with a typed error and nothing else', () => {
  const graph = syntheticGraph(TINY, options)
  const damage = fc.record({ cut: fc.nat(graph.length), at: fc.nat(graph.length - 1), byte: fc.nat(255) })
  fc.assert(
    fc.property(damage, ({ cut, at, byte }) => {
      const damaged = graph.slice(0, cut)
      damaged[at] = byte
      try {
        readDescription(damaged)
        unsignedGraph(damaged, 'w')
      } catch (error) {
        expect(error).toMatchObject({ name: 'ForetokenError' })
      }
    }),
    { numRuns: 300 },
  )
})

it('reads what protocol buffers allow and refuses the rest', () => {
  const fields = (...bytes: number[]) =>
    [...readFields(Uint8Array.from(bytes))].map(({ field, value }) => [field, value])
  expect(fields(0x08, 0x96, 0x01)).toEqual([[1, 150]])
  expect(fields(0x12, 0x01, 0x41, 0x08, 0x00)).toEqual([
    [2, 0],
    [1, 0],
  ])
  for (const bad of [[0x08], [0x12, 0x05, 0x41], [0x0b], new Array(12).fill(0xff)])
    expect(() => fields(...bad)).toThrow()
})
