import { expect, it } from 'vitest'
import { MOST_STATES, steps } from './steps.ts'

it('keeps every transition up to the limit, in tables that are divided as they grow', () => {
  const known = steps(2 ** 20)
  const stateAt = (i: number): number => (i * 7919) % MOST_STATES
  for (let i = 0; i < 60_000; i++) known.set(stateAt(i), i % 251, i % 5 === 0 ? -1 : i)
  for (let i = 0; i < 60_000; i++) expect(known.get(stateAt(i), i % 251)).toBe(i % 5 === 0 ? -1 : i)
  expect(known.get(stateAt(1), 255)).toBeUndefined()
})

it('forgets all of them past it', () => {
  const known = steps(2)
  for (const state of [1, 2, 3]) known.set(state, 0, 9)
  expect([1, 2, 3].map((state) => known.get(state, 0))).toEqual([undefined, undefined, 9])
})
