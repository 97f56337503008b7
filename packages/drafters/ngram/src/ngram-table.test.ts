import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { law } from './law.ts'
import { loadNgramTable, type NgramTable, type NgramTableOptions, ngramTable } from './ngram-table.ts'
import { readNgrams, type SavedNgrams, writeNgrams } from './saved-ngrams.ts'

const into = law(16)

function lawBehind(table: NgramTable, ...context: readonly number[]): Record<number, number> {
  const recent = Int32Array.from([...context].reverse())
  table.read(recent, recent.length, into)
  return Object.fromEntries(Array.from({ length: into.length }, (_, i) => [into.tokens[i], into.probabilities[i]]))
}

/** Within half of what a byte tells. */
function expectLaw(found: Record<number, number>, expected: Record<number, number>): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected))
  for (const [token, p] of Object.entries(expected))
    expect(Math.abs(found[Number(token)]! - p)).toBeLessThan(0.5 / 255 + 1e-9)
}

const corpus = [Int32Array.of(1, 2, 3, 1, 2, 3, 1, 2, 4), Int32Array.of(7, 2, 3)].map((tokens) => ({ tokens }))

it('blends two tokens with one, and falls back to one', () => {
  const table = ngramTable(corpus, { vocabularySize: 10, leastOccurrences: 1, tolerance: 0 })
  const one = { 3: 3 / 16, 4: 1 / 16 }
  expectLaw(lawBehind(table, 9, 2), one)
  expectLaw(lawBehind(table, 2), one)
  const two = { 3: (2 + 5 * one[3]) / 8, 4: (1 + 5 * one[4]) / 8 }
  expectLaw(lawBehind(table, 1, 2), two)
  expectLaw(lawBehind(table, 3, 1, 2), { 3: (1 + 5 * two[3]) / 7, 4: (1 + 5 * two[4]) / 7 })
  expectLaw(lawBehind(table, 1, 9), {})
  expect(table.order).toBe(3)
})

it('keeps the likeliest successors of the contexts that are frequent enough', () => {
  const table = ngramTable(corpus, { vocabularySize: 10, successors: 1, leastOccurrences: 4 })
  expect(table.contexts).toBe(1)
  expectLaw(lawBehind(table, 1, 2), { 3: 3 / 16 })
})

it('leaves out longer contexts that tell nothing else', () => {
  const close = { vocabularySize: 10, order: 2, leastOccurrences: 1 }
  // Behind 7, 2 comes 3: (1 + 5 · 3/16) / 6 = 0.32 instead of 0.19, and 4 with 0.05 instead of 0.06.
  const contexts = (tolerance: number): number => ngramTable(corpus, { ...close, tolerance }).contexts
  expect(contexts(0.13)).toBe(contexts(0.14) + 1)
  expectLaw(lawBehind(ngramTable(corpus, { ...close, tolerance: 0.18 }), 1, 2), { 3: 3 / 16, 4: 1 / 16 })
})

it('counts only what the model wrote itself, or found likeliest', () => {
  const text = { tokens: Int32Array.of(1, 2, 3, 1, 2, 4), start: 5 }
  const options = { vocabularySize: 10, leastOccurrences: 1 }
  const table = ngramTable([text], options)
  expectLaw(lawBehind(table, 2), { 4: 1 / 13 })
  expectLaw(lawBehind(table, 1), {})
  const likeliest = ngramTable([{ ...text, likeliest: Int32Array.of(0, 0, 0, 0, 0, 5) }], options)
  expectLaw(lawBehind(likeliest, 2), { 5: 1 / 13 })
})

/** The definition, by search: contexts grow while they occur, each law blended with the shorter one's. */
function defined(lists: readonly number[][], context: readonly number[], order: number, least: number) {
  let law = new Map<number, number>()
  for (let m = 1; m <= order && m <= context.length; m++) {
    const end = context.slice(-m)
    const next = lists.flatMap((list) =>
      list.filter((_, at) => at >= m && end.every((token, i) => list[at - m + i] === token)),
    )
    if (next.length < least) break
    const trust = m === 1 ? 12 : 5
    const share = (token: number): number =>
      (next.filter((each) => each === token).length + trust * (law.get(token) ?? 0)) / (next.length + trust)
    const shares = [...new Set([...law.keys(), ...next])].map((token) => [token, share(token)] as const)
    law = new Map(shares.filter(([, p]) => p >= 4 / 255))
  }
  return [...law.values()].sort((a, b) => b - a)
}

it('holds the law by definition behind every context', () => {
  const texts = fc.array(fc.array(fc.nat(3), { maxLength: 30 }), { maxLength: 4 })
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 4 }), fc.constantFrom(1, 2, 3), (lists, order, leastOccurrences) => {
      const written = lists.map((tokens) => ({ tokens: Int32Array.from(tokens) }))
      const table = ngramTable(written, { vocabularySize: 4, order, leastOccurrences, tolerance: 0 })
      for (const list of lists) {
        for (let end = 1; end <= list.length; end++) {
          const context = list.slice(Math.max(0, end - 6), end)
          const found = Object.values(lawBehind(table, ...context)).sort((a, b) => b - a)
          const expected = defined(lists, context, order, leastOccurrences).slice(0, 4)
          expect(found).toHaveLength(expected.length)
          for (const [i, p] of expected.entries()) expect(Math.abs(found[i]! - p)).toBeLessThan(0.5 / 255 + 1e-9)
        }
      }
    }),
    { numRuns: 60 },
  )
})

it('reads what it saved, whatever the corpus and the size of tokens', () => {
  const texts = fc.array(fc.array(fc.nat(30), { maxLength: 40 }), { maxLength: 5 })
  fc.assert(
    fc.property(texts, fc.constantFrom(31, 2 ** 16 - 1, 2 ** 16, 2 ** 20), (lists, vocabularySize) => {
      const written = lists.map((tokens) => ({ tokens: Int32Array.from(tokens) }))
      const table = ngramTable(written, { vocabularySize, leastOccurrences: 1 })
      const bytes = table.save()
      const again = loadNgramTable(Uint8Array.of(0, ...bytes).subarray(1))
      expect([again.vocabularySize, again.contexts, again.order]).toEqual([vocabularySize, table.contexts, table.order])
      expect(again.save()).toEqual(bytes)
      for (const tokens of lists) {
        for (let i = 1; i <= tokens.length; i++) {
          const context = tokens.slice(Math.max(0, i - 3), i)
          expect(lawBehind(again, ...context)).toEqual(lawBehind(table, ...context))
        }
      }
      // A token, a number of children, a length and at most four successors of a token and a byte.
      const width = vocabularySize < 2 ** 16 ? 2 : 4
      expect(bytes.length).toBeLessThanOrEqual(28 + width + table.contexts * (2 * width + 1 + 4 * (width + 1)))
    }),
    { numRuns: 50 },
  )
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return ForetokenError.is(error) ? error.code : String(error)
  }
  return 'nothing'
}

it('refuses what was cut or changed, byte by byte, and what is no table', () => {
  const bytes = ngramTable(corpus, { vocabularySize: 10 }).save()
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice()
    changed[at]! ^= 1
    expect(codeOf(() => loadNgramTable(changed))).toBe(at < 8 ? 'BAD_OPTION' : 'BAD_CHECKSUM')
    expect(codeOf(() => loadNgramTable(bytes.slice(0, at)))).toBe(at < 28 ? 'BAD_OPTION' : 'BAD_CHECKSUM')
  }
  expect(codeOf(() => loadNgramTable('table' as never))).toBe('BAD_OPTION')
})

it('refuses contexts that do not hang together though the checksum is right', () => {
  const saved = readNgrams(ngramTable(corpus, { vocabularySize: 10, leastOccurrences: 1, tolerance: 0 }).save())
  const [first, ...others] = saved.children
  const wrong: readonly Partial<SavedNgrams>[] = [
    { order: saved.order + 1 },
    { children: [first! - 1, ...others] },
    { children: [first! + 1, ...others] },
    { words: saved.words.map(() => 1) },
    { words: saved.words.map(() => 12) },
    { shares: saved.shares.map(() => 255) },
    { lengths: saved.lengths.map(() => 1) },
  ]
  for (const part of wrong) expect(codeOf(() => readNgrams(writeNgrams({ ...saved, ...part })))).toBe('BAD_CHECKSUM')
  expect(readNgrams(writeNgrams(saved))).toEqual(saved)
})

it('refuses bad options and tokens that the model does not have', () => {
  const bad = [
    { vocabularySize: 0 },
    { successors: 17 },
    { leastOccurrences: 0 },
    { order: 9 },
    { tolerance: 2 },
    { most: 1 },
    { vocabularySize: 4 },
  ]
  for (const options of bad) {
    const all = { vocabularySize: 10, ...options } as NgramTableOptions
    expect(codeOf(() => ngramTable(corpus, all))).toBe('BAD_OPTION')
  }
  const short = [{ tokens: Int32Array.of(1, 2), likeliest: Int32Array.of(1) }]
  expect(codeOf(() => ngramTable(short, { vocabularySize: 10 }))).toBe('BAD_OPTION')
})
