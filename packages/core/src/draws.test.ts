import { expect, it } from 'vitest'
import { roundDraws } from './draws.ts'

it('keys samples by position alone, everything else by the round too', () => {
  const draws = roundDraws(1)
  draws.begin(10)
  const first = [draws.verify.sample(3), draws.verify.accept(3), draws.verify.correct(3), draws.draft.uniform(3)]
  draws.begin(13)
  const second = [draws.verify.sample(0), draws.verify.accept(0), draws.verify.correct(0), draws.draft.uniform(0)]
  expect(second[0]).toBe(first[0])
  expect(new Set([...first, ...second]).size).toBe(7)
  draws.begin(10)
  expect(draws.verify.accept(3)).toBe(first[1])
  expect(draws.verify.accept(3, 1)).not.toBe(first[1])
  expect(draws.draft.uniform(3, 1)).not.toBe(first[3])
})
