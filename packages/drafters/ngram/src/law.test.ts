import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Counts, counts, type Law, law, put, refine } from './law.ts'

function countsOf(seen: readonly (readonly [number, number])[]): Counts {
  const into = counts(seen.length)
  for (const [token, count] of seen) {
    into.tokens[into.length] = token
    into.counts[into.length++] = count
  }
  return into
}

const entries = ({ tokens, probabilities, length }: Law) =>
  Array.from({ length }, (_, i) => [tokens[i]!, probabilities[i]!] as const)

it('is (c(w) + nu · P(w)) / (n + nu) for every token', () => {
  const some = fc.uniqueArray(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 20 })), {
    selector: ([token]) => token,
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(some, some, fc.double({ min: 0.1, max: 30, noNaN: true }), (before, seen, trust) => {
      const blended = law(20)
      const whole = 1 + before.reduce((sum, [, n]) => sum + n, 0)
      for (const [token, n] of before) put(blended, token, n / whole)
      refine(blended, countsOf(seen), trust)
      const total = seen.reduce((sum, [, n]) => sum + n, 0)
      const [prior, likely] = [new Map(before), new Map(seen)]
      const named = new Set([...prior.keys(), ...likely.keys()])
      expect(blended.length).toBe(named.size)
      for (const [token, p] of entries(blended)) {
        const expected = ((likely.get(token) ?? 0) + (trust * (prior.get(token) ?? 0)) / whole) / (total + trust)
        expect(p).toBeCloseTo(expected, 12)
      }
      expect(entries(blended).reduce((sum, [, p]) => sum + p, 0)).toBeLessThan(1)
    }),
  )
})

it('leaves out what it has no room for', () => {
  const small = law(2)
  for (const token of [4, 5, 6]) put(small, token, 0.2)
  expect(entries(small).map(([token]) => token)).toEqual([4, 5])
})
