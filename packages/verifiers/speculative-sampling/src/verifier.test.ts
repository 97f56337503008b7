import type { Draft, TargetRows, VerifyDraws } from '@foretoken/core'
import { expect, it } from 'vitest'
import { speculativeSampling } from './verifier.ts'

const rowsOf = (...p: number[]): TargetRows => ({
  vocabularySize: p.length,
  isGreedy: false,
  probabilities: () => Float32Array.from(p),
  probability: (_, token) => p[token]!,
  logits: () => Float32Array.from(p, Math.log),
  sample: () => 0,
  argmax: () => 0,
})
const target = rowsOf(0.5, 0.25, 0.25)
const draft: Draft = { tokens: Int32Array.of(1), q: { kind: 'dense', rows: Float32Array.of(0.25, 0.5, 0.25) } }

function draws(accept: number, correct = 0): VerifyDraws {
  return { sample: () => 0, accept: () => accept, correct: () => correct }
}

it('accepts with probability min(1, p / q), strictly', () => {
  const { verify } = speculativeSampling()
  expect(verify(draft, target, draws(0.4999))).toMatchObject({ path: Int32Array.of(0), kind: 'bonus' })
  expect(verify(draft, target, draws(0.5))).toMatchObject({ path: new Int32Array(0), kind: 'corrected' })
})

it('draws the corrected token from the residual alone', () => {
  const { verify } = speculativeSampling()
  for (const u of [0, 0.5, 0.999]) expect(verify(draft, target, draws(0.9, u)).token).toBe(0)
})

it('refuses a q that is no law', () => {
  const { verify } = speculativeSampling()
  const rows = Float32Array.of(0.25, 0.5, 0.5)
  const more: Draft = { ...draft, q: { kind: 'dense', rows } }
  expect(() => verify(more, target, draws(0.9))).toThrow(/sums to 1.25/)
  const negative: Draft = { ...draft, q: { kind: 'dense', rows: Float32Array.of(-0.25, 0.75, 0.5) } }
  expect(() => verify(negative, target, draws(0.9))).toThrow(/negative probability -0.25/)
})

it('follows a vocabulary of another size', () => {
  const { verify } = speculativeSampling()
  verify(draft, target, draws(0.9))
  const wide = rowsOf(0, 0.25, 0.25, 0.5)
  const rows = Float32Array.of(0, 0.5, 0.25, 0.25)
  expect(verify({ ...draft, q: { kind: 'dense', rows } }, wide, draws(0.9, 0.9)).token).toBe(3)
})
