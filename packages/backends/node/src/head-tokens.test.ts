import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare } from '@foretoken/checkpoint'
import { folderStore } from '@foretoken/checkpoint/node'
import type { Architecture, TensorSource } from '@foretoken/graph'
import { expect, it } from 'vitest'
import { loadModel } from './load-model.ts'

const WHOLE: Architecture = {
  family: 'llama',
  vocabularySize: 40,
  width: 32,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  feedForward: 32,
  normEpsilon: 1e-5,
  contextLength: 64,
  rope: { theta: 10_000 },
  activation: 'silu',
  tiedHead: false,
  qkvBias: false,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}
const TOKENS = [0, 3, 4, 17, 39]

/** Wavy weights; the head's row `i` is that of token `rows[i]`. */
function source(architecture: Architecture, rows: readonly number[] | undefined): TensorSource {
  const { width, heads, kvHeads, headDim } = architecture
  const columns: Record<string, number> = { o_proj: heads * headDim, down_proj: architecture.feedForward }
  const counts: Record<string, number> = {
    embed_tokens: architecture.vocabularySize,
    lm_head: rows?.length ?? architecture.vocabularySize,
    q_proj: heads * headDim,
    k_proj: kvHeads * headDim,
    v_proj: kvHeads * headDim,
    gate_proj: architecture.feedForward,
    up_proj: architecture.feedForward,
  }
  return {
    architecture,
    tensors: new Map(),
    async read(name, from = 0, to) {
      const kind = name.split('.').at(-2)!
      const size = kind.endsWith('norm') ? 1 : (columns[kind] ?? width)
      const seed = name.length * 7
      return Float32Array.from({ length: ((to ?? counts[kind] ?? width) - from) * size }, (_, i) => {
        const at = from + Math.floor(i / size)
        const row = kind === 'lm_head' ? (rows?.[at] ?? at) : at
        return (((seed + row * 31 + (i % size)) ** 2 % 61) / 30 - 1) * (size === 1 ? 0.1 : 1) + (size === 1 ? 1 : 0)
      })
    },
    async dispose() {},
  }
}

async function logitsOf(headTokens: readonly number[] | undefined, weights: 'int8' | 'float32') {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-'))
  try {
    const architecture = headTokens === undefined ? WHOLE : { ...WHOLE, headTokens }
    const facts = { id: 'tiny', source: [], tokens: { stopTokens: [] } }
    await prepare(source(architecture, headTokens), folderStore(folder), facts, { weights })
    await using model = await loadModel(folder, { worker: false, threads: 1 })
    expect(model.vocabularySize).toBe(40)
    // A token that the head does not score is read all the same; a step may ask for no logits.
    expect((await model.step({ tokens: Int32Array.of(5, 38), logitsFor: new Int32Array(0) })).logits.length).toBe(0)
    model.commit(Int32Array.of(0, 1))
    return (await model.step({ tokens: Int32Array.of(1, 2, 30), logitsFor: Int32Array.of(0, 2) })).logits.slice()
  } finally {
    await rm(folder, { recursive: true })
  }
}

it.each(['int8', 'float32'] as const)('gives −Infinity for what the head does not score, in %s', async (weights) => {
  const whole = await logitsOf(undefined, weights)
  const some = await logitsOf(TOKENS, weights)
  const expected = whole.map((logit, i) => (TOKENS.includes(i % 40) ? logit : -Infinity))
  expect(new Set(whole).size).toBeGreaterThan(20)
  if (weights === 'int8') expect(some).toEqual(expected)
  else
    some.forEach((logit, i) => void expect(logit === expected[i] || Math.abs(logit - expected[i]!) < 1e-4).toBe(true))
})
