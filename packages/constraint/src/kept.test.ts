import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Grammar, rule, terminal } from './grammar.ts'
import { kept } from './kept.ts'
import { constrain } from './matcher.ts'
import { vocabulary } from './vocabulary.ts'

it('holds what was last asked for, and never more than its limit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 40 }),
      fc.array(fc.tuple(fc.nat(9), fc.boolean(), fc.nat(6)), { maxLength: 200 }),
      (limit, uses) => {
        const map = kept<number, { readonly size: number }>(limit, ({ size }) => size)
        const last = new Map<number, object>()
        for (const [key, isSet, size] of uses) {
          const value = { size }
          if (isSet) {
            map.set(key, value)
            if (size <= limit / 2) {
              last.set(key, value)
              expect(map.get(key)).toBe(value)
            }
          } else if (map.get(key) !== undefined) expect(map.get(key)).toBe(last.get(key))
          expect(map.size).toBeLessThanOrEqual(limit)
        }
      },
    ),
  )
  const map = kept<number, string>(10, () => 1)
  for (let i = 0; i < 1000; i++) {
    map.set(i, String(i))
    if (i > 0) expect(map.get(0)).toBe('0')
  }
  expect([map.get(999), map.get(500)]).toEqual(['999', undefined])
})

const WORDS = ['a', 'b', 'ab', 'ba', 'aab', 'bb', '[', ']', '[a', 'b]', ']]', '']
const source = {
  vocabularySize: WORDS.length,
  tokenBytes: (id: number) => new TextEncoder().encode(WORDS[id]),
  stopTokens: [WORDS.length - 1],
}

/** Nested brackets around words of a length that only this grammar has. */
const grammar = (seed: number): Grammar => ({
  name: `grammar ${seed}`,
  build(r) {
    const word = r.and([
      r.repeat(r.or([r.literal('a'), r.literal('b')]), 1, 12 + seed),
      r.not(r.literal('ab'.repeat(1 + (seed % 5)))),
    ])
    const inner = rule('inner', () => [[terminal(word)], [terminal(r.literal('[')), inner, terminal(r.literal(']'))]])
    return [inner]
  },
})

it('gives the same masks however little is kept, and keeps within the limit', () => {
  const cacheBytes = 200_000
  const [large, small] = [vocabulary(source), vocabulary(source, { cacheBytes })]
  let most = 0
  for (let seed = 0; seed < 120; seed++) {
    const [one, other] = [large, small].map((words) => constrain(grammar(seed), words).matcher())
    for (let step = 0; step < 16; step++) {
      const mask = [...one!.mask()]
      expect([...other!.mask()]).toEqual(mask)
      const allowed = WORDS.flatMap((word, id) => (word !== '' && (mask[0]! >> id) & 1 ? [id] : []))
      if (allowed.length === 0) break
      const token = allowed[(seed * 31 + step * 7) % allowed.length]!
      one!.advance(token)
      other!.advance(token)
    }
    most = Math.max(most, small.cachedBytes)
  }
  expect(most).toBeLessThanOrEqual(cacheBytes)
  expect(large.cachedBytes).toBeGreaterThan(2 * cacheBytes)
})
