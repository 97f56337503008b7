import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ngramIndex } from './ngram-index.ts'

/** The definition, by reading the whole text again. */
function scan(text: readonly number[], most: number, least: number, prefer: 'latest' | 'earliest'): number {
  for (let n = Math.min(most, text.length - 1); n >= least; n--) {
    const suffix = text.slice(-n).join()
    const found: number[] = []
    for (let end = n; end < text.length; end++) if (text.slice(end - n, end).join() === suffix) found.push(end)
    if (found.length > 0) return prefer === 'latest' ? found.at(-1)! : found[0]!
  }
  return -1
}

it('finds what a scan of the whole text finds, at every length', () => {
  const text = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 })
  const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  fc.assert(
    fc.property(text, sizes, (tokens, [a, b]) => {
      const [least, most] = [Math.min(a, b), Math.max(a, b)]
      const index = ngramIndex(most)
      for (const [i, token] of tokens.entries()) {
        index.append(token)
        const sofar = tokens.slice(0, i + 1)
        for (const prefer of ['latest', 'earliest'] as const) {
          expect(index.find(least, prefer)).toBe(scan(sofar, most, least, prefer))
        }
      }
    }),
    { numRuns: 60 },
  )
})

it('tells n-grams of large token ids apart', () => {
  const index = ngramIndex(2)
  for (const token of [262143, 0, 7, 131072, 1, 9, 262143]) index.append(token)
  index.append(0)
  expect(index.at(index.find(2, 'latest'))).toBe(7)
  index.append(131072)
  expect(index.find(2, 'latest')).toBe(-1)
  index.append(1)
  expect(index.at(index.find(2, 'latest'))).toBe(9)
})

it('forgets everything when cleared', () => {
  const index = ngramIndex(3)
  for (const token of [1, 2, 1]) index.append(token)
  index.clear()
  expect(index.length).toBe(0)
  index.append(1)
  expect(index.find(1, 'latest')).toBe(-1)
})
