import type { Draft, TargetRows } from '@foretoken/core'
import { expect, it } from 'vitest'
import { exactMatch } from './verifier.ts'

const target: TargetRows = {
  vocabularySize: 4,
  isGreedy: false,
  probabilities: () => new Float32Array(4).fill(0.25),
  probability: () => 0.25,
  logits: () => new Float32Array(4),
  sample: (_, u) => Math.floor(u * 4),
  argmax: () => 0,
}
const uniforms = [0.3, 0.8, 0.1]
const draws = { sample: (offset: number) => uniforms[offset]!, accept: () => 0, correct: () => 0 }
const q = { kind: 'point-mass' } as const

it('goes on while the draft carries the drawn token, and commits the drawn one where it does not', () => {
  const { verify } = exactMatch()
  const chain = (...tokens: number[]): Draft => ({ tokens: Int32Array.from(tokens), q })
  expect(verify(chain(1, 3), target, draws)).toEqual({ path: Int32Array.of(0, 1), token: 0, kind: 'bonus' })
  expect(verify(chain(1, 2), target, draws)).toEqual({ path: Int32Array.of(0), token: 3, kind: 'corrected' })
  expect(verify(chain(2), target, draws)).toEqual({ path: new Int32Array(0), token: 1, kind: 'corrected' })
  expect(verify(chain(), target, draws)).toEqual({ path: new Int32Array(0), token: 1, kind: 'bonus' })
})

it('finds the drawn token among siblings', () => {
  const draft: Draft = { tokens: Int32Array.of(0, 1, 2, 3), parents: Int32Array.of(-1, -1, 1, 1), q }
  expect(exactMatch().verify(draft, target, draws)).toEqual({ path: Int32Array.of(1, 3), token: 0, kind: 'bonus' })
})
