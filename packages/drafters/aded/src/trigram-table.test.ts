import { type ErrorCode, ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadTrigramTable, setOf, type TrigramTable, trigramsOf, trigramTable, WAYS } from './trigram-table.ts'

type Successors = [token: number, weight: number][]

function successorsOf(table: TrigramTable, a: number, b: number): Successors {
  const place = table.find(a, b)
  if (place < 0) return []
  return Array.from({ length: table.count(place) }, (_, rank) => [table.token(place, rank), table.weight(place, rank)])
}

function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run()
  } catch (error) {
    if (ForetokenError.is(error)) return error.code
    throw error
  }
  return undefined
}

/** The definition: lists that are sorted after each change, in sets that forget the pair written longest ago. */
function slowTable(sets: number) {
  const pairs = Array.from({ length: sets }, () => [] as { a: number; b: number; list: Successors }[])
  return {
    add(a: number, b: number, c: number, amount: number) {
      const set = pairs[setOf(a, b, sets)]!
      const at = set.findIndex((pair) => pair.a === a && pair.b === b)
      const pair = at < 0 ? { a, b, list: [] as Successors } : set.splice(at, 1)[0]!
      set.push(pair)
      if (set.length > WAYS) set.shift()
      const old = pair.list.find(([token]) => token === c)
      if (old === undefined && pair.list.length === 12) pair.list.pop()
      if (old === undefined) pair.list.push([c, Math.fround(Math.min(3, amount))])
      else old[1] = Math.fround(Math.min(3, old[1] + amount))
      pair.list.sort(([c1, w1], [c2, w2]) => w2 - w1 || c1 - c2)
    },
    get: (a: number, b: number): Successors =>
      pairs[setOf(a, b, sets)]!.find((pair) => pair.a === a && pair.b === b)?.list ?? [],
  }
}

it('keeps what sorted lists keep, when sets overflow and weights reach their cap', () => {
  const [pairToken, token] = [fc.nat({ max: 5 }), fc.nat({ max: 15 })]
  const amount = fc.constantFrom(0.04, 0.5, 1, 2.5)
  const add = fc.tuple(pairToken, pairToken, token, amount)
  fc.assert(
    fc.property(fc.array(add, { maxLength: 300 }), fc.constantFrom(8, 16, 64), (adds, capacity) => {
      const [table, slow] = [trigramTable({ pairs: capacity }), slowTable(capacity / WAYS)]
      for (const [a, b, c, w] of adds) {
        table.add(a, b, c, w)
        slow.add(a, b, c, w)
      }
      const loaded = loadTrigramTable(table.save())
      for (let a = 0; a < 6; a++) {
        for (let b = 0; b < 6; b++) {
          expect(successorsOf(table, a, b)).toEqual(slow.get(a, b))
          expect(successorsOf(loaded, a, b)).toEqual(slow.get(a, b))
        }
      }
    }),
    { numRuns: 200 },
  )
})

it('adapts by small steps up to the cap', () => {
  const table = trigramTable()
  table.add(1, 2, 3, 0.5)
  table.addText(Int32Array.of(1, 2, 4), 0.04)
  expect(successorsOf(table, 1, 2)).toEqual([
    [3, 0.5],
    [4, Math.fround(0.04)],
  ])
  for (let i = 0; i < 100; i++) table.addText(Int32Array.of(1, 2, 4), 0.04)
  expect(successorsOf(table, 1, 2)).toEqual([
    [4, 3],
    [3, 0.5],
  ])
  expect(table.total(table.find(1, 2))).toBeCloseTo(3.5, 6)
})

it('forgets the same pairs after a save as without one', () => {
  const [table, more] = [trigramTable({ pairs: 16 }), Array.from({ length: 30 }, (_, i) => i)]
  for (const i of more) table.add(i, i + 1, i + 2, 1)
  const loaded = loadTrigramTable(table.save())
  for (const i of more) for (const each of [table, loaded]) each.add(i + 50, i, 3, 1)
  for (const i of more) expect(successorsOf(loaded, i + 50, i)).toEqual(successorsOf(table, i + 50, i))
})

it('holds the frequencies of a corpus', () => {
  const text = fc.array(fc.nat({ max: 20 }), { maxLength: 80 }).map((tokens) => Int32Array.from(tokens))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (corpus) => {
      const table = trigramsOf(corpus, { pairs: 2 ** 14 })
      const triples = corpus.flatMap((tokens) =>
        Array.from(tokens.subarray(2), (c, i) => [tokens[i]!, tokens[i + 1]!, c]),
      )
      for (const [a, b] of triples) {
        const after = triples.filter(([first, second]) => first === a && second === b).map(([, , c]) => c!)
        const counts = [...new Set(after)].map((c) => [c, after.filter((other) => other === c).length] as const)
        counts.sort(([c, n], [d, m]) => m - n || c - d)
        const expected = counts.slice(0, 12).map(([c, n]) => [c, Math.fround(n / after.length)])
        expect(successorsOf(table, a!, b!)).toEqual(expected)
      }
    }),
  )
})

it('takes the same memory however much it reads', () => {
  const table = trigramTable({ pairs: 64 })
  const text = Int32Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 2654435761) >>> 18)
  table.addText(text, 0.5)
  const least = table.save().length
  expect(least).toBeLessThanOrEqual(24 + 64 * (12 + 12 * 8))
  for (let i = 0; i < 5; i++) table.addText(text.toReversed(), 0.5)
  expect(table.save().length).toBeLessThanOrEqual(24 + 64 * (12 + 12 * 8))
  const [a, b, c] = text.subarray(0, 3)
  expect(successorsOf(table, c!, b!).map(([token]) => token)).toContain(a)
  table.clear()
  expect(table.save().length).toBe(24)
})

it('refuses every changed byte and every cut', () => {
  const table = trigramTable({ pairs: 8 })
  table.addText(Int32Array.of(1, 2, 3, 1, 2), 0.5)
  const bytes = table.save()
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 16, 128]) {
      const changed = bytes.slice()
      changed[at]! ^= bit
      expect(codeOf(() => loadTrigramTable(changed))).toBe(at < 8 ? 'BAD_OPTION' : 'BAD_CHECKSUM')
    }
    expect(codeOf(() => loadTrigramTable(bytes.subarray(0, at)))).toBe(at < 24 ? 'BAD_OPTION' : 'BAD_CHECKSUM')
  }
  expect(codeOf(() => loadTrigramTable(Uint8Array.of(...bytes, 0, 0, 0, 0)))).toBe('BAD_CHECKSUM')
})

it('refuses bad options with a typed error', () => {
  for (const options of [{ pairs: 7 }, { pairs: 2 ** 21 }, { size: 8 }]) {
    expect(codeOf(() => trigramTable(options))).toBe('BAD_OPTION')
  }
})
