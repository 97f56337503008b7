import { expect, it } from 'vitest'
import { afterToken, entropyInBits, START } from './switch-rule.ts'

it('measures entropy in bits, of raw logits', () => {
  const logits = (...law: number[]) => Float64Array.from(law, Math.log)
  expect(entropyInBits(logits(0.25, 0.25, 0.25, 0.25))).toBeCloseTo(2, 12)
  expect(entropyInBits(logits(0.7, 0.1, 0.1, 0.1))).toBeCloseTo(1.35678, 5)
  expect(entropyInBits(logits(0.97, 0.01, 0.01, 0.01).map((x) => x + 7))).toBeCloseTo(0.241941, 5)
  expect(entropyInBits(logits(0, 1, 0, 0))).toBe(0)
})

it('switches with the mean of the window, not before the dwell time', () => {
  const trace = [0.2, 0.4, 1.8, 1.4, 0.3, 0.1, 0.2]
  let state = START
  const next = trace.map((entropy) => {
    state = afterToken(state, entropy, { threshold: 1, window: 2, dwell: 2 })
    return state.active
  })
  expect(next).toEqual(['small', 'small', 'large', 'large', 'small', 'small', 'small'])
})
