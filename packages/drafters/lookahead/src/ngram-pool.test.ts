import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ngramPool } from './ngram-pool.ts'

type Action = { readonly key: number; readonly rest: readonly number[] | undefined }

/** The definition, by reading everything that was ever done again. */
function remembered(actions: readonly Action[], perKey: number, keys: number): Map<number, string[]> {
  let live: number[] = []
  const lists = new Map<number, string[]>()
  for (const { key, rest } of actions) {
    if (rest !== undefined) {
      const others = (lists.get(key) ?? []).filter((other) => other !== rest.join())
      lists.set(key, [...others, rest.join()].slice(-perKey))
    }
    if (!lists.has(key)) continue
    live = [...live.filter((other) => other !== key), key]
    for (const gone of live.slice(0, Math.max(0, live.length - keys))) lists.delete(gone)
    live = live.slice(-keys)
  }
  return lists
}

it('keeps the newest n-grams of the tokens used last', () => {
  const token = fc.nat(3)
  const action = fc.record({ key: fc.nat(4), rest: fc.option(fc.tuple(token, token), { nil: undefined }) })
  const size = fc.integer({ min: 1, max: 3 })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), size, size, (actions, perKey, keys) => {
      const pool = ngramPool(perKey, keys)
      for (const { key, rest } of actions) {
        if (rest) pool.add(key, rest)
        else pool.under(key)
      }
      const expected = remembered(actions, perKey, keys)
      expect(pool.size).toBe(expected.size)
      for (const [key, rests] of expected) expect(pool.under(key).map((rest) => rest.join())).toEqual(rests)
    }),
  )
})

it('knows nothing of tokens it never saw, and nothing once cleared', () => {
  const pool = ngramPool(2, 2)
  pool.add(7, [1, 2])
  expect(pool.under(8)).toEqual([])
  pool.clear()
  expect(pool.under(7)).toEqual([])
})
