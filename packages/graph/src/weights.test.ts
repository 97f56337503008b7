import { expect, it } from 'vitest'
import type { Architecture } from './architecture.ts'
import { byteLength, FLOAT32_FORM, int8Form, weightPlan } from './weights.ts'

const QWEN: Architecture = {
  family: 'qwen2',
  vocabularySize: 100,
  width: 32,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  feedForward: 64,
  normEpsilon: 1e-6,
  contextLength: 64,
  rope: { theta: 10_000 },
  activation: 'silu',
  tiedHead: true,
  qkvBias: true,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}

it('lists float32 tensors as the checkpoint has them', () => {
  expect(weightPlan(QWEN, FLOAT32_FORM).map(({ name, dtype, shape }) => `${name} ${dtype} ${shape.join('x')}`)).toEqual(
    [
      'embedding float32 100x32',
      'layers.0.attention_norm float32 32',
      'layers.0.qkv float32 32x64',
      'layers.0.qkv.bias float32 64',
      'layers.0.output float32 32x32',
      'layers.0.feed_forward_norm float32 32',
      'layers.0.gate_up float32 32x128',
      'layers.0.down float32 64x32',
      'norm float32 32',
    ],
  )
})

it('folds norms, adds scales and a head of its own in int8', () => {
  const names = weightPlan(QWEN, int8Form()).map(({ name, dtype }) => `${name} ${dtype}`)
  expect(names).not.toContain('norm float32')
  expect(names).toContain('layers.0.qkv int8')
  expect(names).toContain('layers.0.qkv.scale float32')
  expect(names.slice(-2)).toEqual(['head int8', 'head.scale float32'])
})

it('keeps the norms after branches, which cannot fold', () => {
  const gemma: Architecture = { ...QWEN, family: 'gemma3', qkvBias: false, qkNorm: true, norms: 'sandwich' }
  const names = weightPlan(gemma, int8Form()).map(({ name }) => name)
  expect(names).toContain('layers.0.qk_norm')
  expect(names).toContain('layers.0.post_attention_norm')
  expect(names).not.toContain('layers.0.attention_norm')
})

it('has a head for some tokens only, and refuses lists that are none', () => {
  const some: Architecture = { ...QWEN, tiedHead: false, headTokens: [1, 5, 99] }
  expect(weightPlan(some, int8Form()).at(-2)).toEqual({ name: 'head', dtype: 'int8', shape: [32, 3] })
  const refused = (change: Partial<Architecture>) => () => weightPlan({ ...some, ...change }, int8Form())
  expect(refused({ headTokens: [1, 1] })).toThrow(/headTokens\[1\] is 1/)
  expect(refused({ headTokens: [1, 100] })).toThrow(/headTokens\[1\] is 100/)
  expect(refused({ headTokens: [] })).toThrow(/at least one token/)
  expect(refused({ tiedHead: true })).toThrow(/the head is the embedding/)
})

it('counts bytes', () => {
  expect(byteLength({ name: 'x', dtype: 'float16', shape: [3, 5] })).toBe(30)
})
