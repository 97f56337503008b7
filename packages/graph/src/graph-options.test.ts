import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Architecture } from './architecture.ts'
import { buildGraph } from './build-graph.ts'
import { DEFAULT_GRID, EXPONENTIAL_BITS, exactSlots, type GraphOptions, resolveOptions } from './graph-options.ts'
import { int8Form } from './weights.ts'

const TINY: Architecture = {
  family: 'llama',
  vocabularySize: 61,
  width: 48,
  layers: 2,
  heads: 6,
  kvHeads: 2,
  headDim: 8,
  feedForward: 64,
  normEpsilon: 1e-5,
  contextLength: 96,
  rope: { theta: 10_000 },
  activation: 'silu',
  tiedHead: true,
  qkvBias: false,
  qkNorm: false,
  norms: 'pre',
  normOffset: 0,
}
const form = int8Form()
const codeOf = (action: () => void) => {
  try {
    action()
  } catch (error) {
    return ForetokenError.is(error) ? error.code : error
  }
}

it('keeps every partial sum of attention below 2^24, whatever the scores and values', () => {
  const bits = fc.integer({ min: 4, max: 13 })
  fc.assert(
    fc.property(
      bits,
      bits,
      fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { minLength: 1, maxLength: 300 }),
      (v, p, below) => {
        const grid = { valueBits: v, probabilityBits: p }
        const slots = exactSlots(grid)
        fc.pre(slots >= 1)
        // As many slots as are allowed, in the given pattern, every value at the end of the grid.
        const exponentials = below.map((s) => Math.round(2 ** EXPONENTIAL_BITS * Math.exp(s - Math.max(...below))))
        const e = Array.from({ length: slots }, (_, i) => exponentials[i % exponentials.length] as number)
        const z = e.reduce((sum, x) => sum + x, 0)
        const weights = e.map((x) => Math.round((x * 2 ** p) / z))
        expect(z).toBeLessThanOrEqual(2 ** 24)
        expect(weights.reduce((sum, x) => sum + x, 0) * 2 ** (v - 1)).toBeLessThanOrEqual(2 ** 24)
      },
    ),
    { numRuns: 60 },
  )
})

it('serves 8,192 positions by default, and the architecture at most', () => {
  expect(exactSlots(DEFAULT_GRID)).toBe(8192)
  expect(resolveOptions(TINY, { form }).positions).toBe(96)
  expect(resolveOptions({ ...TINY, contextLength: 131_072 }, { form }).positions).toBe(8192)
  expect(resolveOptions({ ...TINY, contextLength: 131_072 }, { form, attention: 'float' }).positions).toBe(131_072)
})

it.each<[string, Partial<GraphOptions>]>([
  ['more positions than the context', { positions: 97 }],
  ['no positions', { positions: 0 }],
  ['no layers', { layers: [] }],
  ['a layer that is not there', { layers: [0, 2] }],
  ['layers out of order', { layers: [1, 0] }],
  ['hidden states of a layer that does not run', { layers: [0], hiddenStates: [1] }],
  ['a grid too fine to be exact', { grid: { valueBits: 14, probabilityBits: 14 } }],
  ['a grid of no bits', { grid: { valueBits: 0, probabilityBits: 13 } }],
  ['a Hadamard that is no power of two', { form: int8Form({ hadamard: 3 }) }],
  ['a Hadamard that does not divide the width', { form: int8Form({ hadamard: 128 }) }],
  ['steps for fewer layers', { form: withStep([0.1]) }],
  ['a step of zero', { form: withStep(0) }],
])('refuses %s', (_, options) => {
  expect(codeOf(() => resolveOptions(TINY, { form, ...options }))).toBe('BAD_OPTION')
})

function withStep(activation: number | readonly number[]): GraphOptions['form'] {
  return { ...form, linear: { ...form.linear, qkv: { weights: 'int8', activation, hadamard: 0 } } }
}

it('names the tensor that a table lacks', () => {
  const build = () => buildGraph(TINY, { form: int8Form() }, new Map())
  expect(build).toThrowError(expect.objectContaining({ code: 'BAD_CHECKPOINT', details: { tensor: 'embedding' } }))
})

it.each<[string, Partial<Architecture>, string]>([
  ['an unknown family', { family: 'mamba' as 'llama' }, 'UNSUPPORTED'],
  ['no layers', { layers: 0 }, 'BAD_CHECKPOINT'],
  ['heads that do not divide', { kvHeads: 4 }, 'BAD_CHECKPOINT'],
  ['an odd head', { headDim: 7 }, 'BAD_CHECKPOINT'],
  ['a window of nothing', { slidingWindow: 0 }, 'BAD_CHECKPOINT'],
  ['kinds for fewer layers', { layerTypes: ['global'] }, 'BAD_CHECKPOINT'],
  ['sliding layers without a window', { layerTypes: ['sliding', 'global'] }, 'BAD_CHECKPOINT'],
  ['an epsilon that is no number', { normEpsilon: Number.NaN }, 'BAD_CHECKPOINT'],
])('refuses %s', (_, change, code) => {
  expect(codeOf(() => resolveOptions({ ...TINY, ...change }, { form }))).toBe(code)
})
