import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { law } from './law.ts'
import { loadNgramTable, type NgramTable, type NgramTableOptions, ngramTable } from './ngram-table.ts'

const into = law(16)

function lawBehind(table: NgramTable, before: number, last: number): Record<number, number> {
  table.read(before, last, into)
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
  const table = ngramTable(corpus, { vocabularySize: 10, leastOccurrences: 1 })
  const one = { 3: 3 / 16, 4: 1 / 16 }
  expectLaw(lawBehind(table, 9, 2), one)
  expectLaw(lawBehind(table, -1, 2), one)
  expectLaw(lawBehind(table, 1, 2), { 3: (2 + 5 * one[3]) / 8, 4: (1 + 5 * one[4]) / 8 })
  expectLaw(lawBehind(table, 1, 9), {})
})

it('keeps the likeliest successors of the contexts that are frequent enough', () => {
  const table = ngramTable(corpus, { vocabularySize: 10, successors: 1, leastOccurrences: 4 })
  expect(table.contexts).toBe(1)
  expectLaw(lawBehind(table, 1, 2), { 3: 3 / 16 })
})

it('counts only what the model wrote itself', () => {
  const texts = [{ tokens: Int32Array.of(1, 2, 3, 1, 2, 4), start: 5 }]
  const table = ngramTable(texts, { vocabularySize: 10, leastOccurrences: 1 })
  expectLaw(lawBehind(table, -1, 2), { 4: 1 / 13 })
  expectLaw(lawBehind(table, -1, 1), {})
})

it('reads what it saved, whatever the corpus and the size of tokens', () => {
  const texts = fc.array(fc.array(fc.nat(30), { maxLength: 40 }), { maxLength: 5 })
  fc.assert(
    fc.property(texts, fc.constantFrom(31, 2 ** 16 - 1, 2 ** 16, 2 ** 20), (lists, vocabularySize) => {
      const written = lists.map((tokens) => ({ tokens: Int32Array.from(tokens) }))
      const table = ngramTable(written, { vocabularySize, leastOccurrences: 1 })
      const bytes = table.save()
      const again = loadNgramTable(Uint8Array.of(0, ...bytes).subarray(1))
      expect([again.vocabularySize, again.contexts]).toEqual([vocabularySize, table.contexts])
      expect(again.save()).toEqual(bytes)
      for (const tokens of lists) {
        for (let i = 1; i < tokens.length; i++) {
          expect(lawBehind(again, tokens[i - 1]!, tokens[i]!)).toEqual(lawBehind(table, tokens[i - 1]!, tokens[i]!))
        }
      }
      // Two tokens, a length and at most four successors of a token and a byte.
      const width = vocabularySize < 2 ** 16 ? 2 : 4
      expect(bytes.length).toBeLessThanOrEqual(24 + table.contexts * (2 * width + 1 + 4 * (width + 1)))
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
    expect(codeOf(() => loadNgramTable(bytes.slice(0, at)))).toBe(at < 24 ? 'BAD_OPTION' : 'BAD_CHECKSUM')
  }
  expect(codeOf(() => loadNgramTable('table' as never))).toBe('BAD_OPTION')
})

it('refuses bad options and tokens that the model does not have', () => {
  const bad = [{ vocabularySize: 0 }, { successors: 17 }, { leastOccurrences: 0 }, { most: 1 }, { vocabularySize: 4 }]
  for (const options of bad) {
    const all = { vocabularySize: 10, ...options } as NgramTableOptions
    expect(codeOf(() => ngramTable(corpus, all))).toBe('BAD_OPTION')
  }
})
