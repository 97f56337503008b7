import { expect, it } from 'vitest'
import type { Architecture } from './architecture.ts'
import { hadamard } from './linear.ts'
import { rotaryFrequencies } from './rotary.ts'

const HEAD = { headDim: 8 } as Architecture

it('falls from 1 by the base', () => {
  const frequencies = rotaryFrequencies({ ...HEAD, rope: { theta: 10_000 } }, false)
  expect([...frequencies].map((f) => Number(f.toPrecision(6)))).toEqual([1, 0.1, 0.01, 0.001])
})

it('stretches low frequencies only, as Llama 3 does', () => {
  const scaling = {
    kind: 'llama3',
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContextLength: 8192,
  } as const
  const plain = rotaryFrequencies({ ...HEAD, rope: { theta: 500_000 } }, false)
  const scaled = rotaryFrequencies({ ...HEAD, rope: { theta: 500_000, scaling } }, false)
  const ratios = scaled.map((frequency, i) => frequency / (plain[i] as number))
  expect(ratios[0]).toBe(1)
  expect(ratios[1]).toBe(1)
  expect(ratios[3]).toBeCloseTo(1 / 8, 12)
})

it('scales global layers only and gives local layers their own base', () => {
  const rope = { theta: 1e6, localTheta: 10_000, scaling: { kind: 'linear', factor: 8 } } as const
  const global = rotaryFrequencies({ ...HEAD, rope }, false)
  const local = rotaryFrequencies({ ...HEAD, rope }, true)
  expect(global[0]).toBe(1 / 8)
  expect(local[0]).toBe(1)
  expect(local[1]).toBeCloseTo(0.1, 12)
})

it.each([1, 2, 8, 32])('has an orthonormal Hadamard matrix of %i', (size) => {
  const matrix = hadamard(size)
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      let dot = 0
      for (let i = 0; i < size; i++) dot += (matrix[a * size + i] as number) * (matrix[b * size + i] as number)
      expect(dot).toBeCloseTo(a === b ? 1 : 0, 6)
    }
  }
})
