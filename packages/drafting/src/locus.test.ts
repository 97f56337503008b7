import fc from 'fast-check'
import { expect, it } from 'vitest'
import { childAt, countContinuations } from './locus.ts'
import { ROOT } from './node-table.ts'
import { appendToken, locate, openSequence, suffixTree } from './suffix-tree.ts'

/** How often each token follows `string` in `text`. */
function followers(text: readonly number[], string: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (let at = string.length; at < text.length; at++) {
    const isThere = string.every((token, i) => text[at - string.length + i] === token)
    if (isThere) counts[text[at]!] = (counts[text[at]!] ?? 0) + 1
  }
  return counts
}

it('tells what followed any string, and walks to it token by token', () => {
  const texts = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 40 })
  fc.assert(
    fc.property(texts, fc.nat(), fc.integer({ min: 1, max: 4 }), (text, start, length) => {
      const tree = suffixTree(6)
      const sequence = openSequence(tree)
      for (const token of text) appendToken(tree, sequence, token)
      const string = text.slice(start % text.length, (start % text.length) + length)
      let node = ROOT
      for (const [i, token] of string.entries()) node = childAt(tree, node, i, token)
      expect(node).toBe(locate(tree, Int32Array.from(string), 0, string.length))
      const counts: Record<number, number> = {}
      countContinuations(tree, node, string.length, Infinity, (token, count) => {
        counts[token] = count
      })
      expect(counts).toEqual(followers(text, string))
      let told = 0
      countContinuations(tree, node, string.length, 2, () => told++)
      expect(told).toBe(Math.min(2, Object.keys(counts).length))
      expect(childAt(tree, node, string.length, 9)).toBe(ROOT)
    }),
  )
})
