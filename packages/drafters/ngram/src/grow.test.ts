import { appendToken, openSequence, suffixTree } from '@foretoken/drafting'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { grow, grower, type Limits, ORDERS } from './grow.ts'
import { law } from './law.ts'
import { type NgramTable, ngramTable } from './ngram-table.ts'

const TRUST = [0, 8, 8, 8, 4, 2, 1, 0.5, 0.25]
const nodes = 12

/** The definition: contexts are searched for in the text itself. */
function lawBehind(
  text: readonly number[],
  drafted: readonly number[],
  table: NgramTable | undefined,
): Map<number, number> {
  const all = [...text, ...drafted]
  const before = law(64)
  table?.read(Int32Array.from(all.toReversed()), all.length, before)
  let blended = new Map(Array.from({ length: before.length }, (_, i) => [before.tokens[i]!, before.probabilities[i]!]))
  for (let m = 1; m <= ORDERS && m <= all.length; m++) {
    const context = all.slice(-m)
    const seen = new Map<number, number>()
    for (let at = m; at < text.length; at++) {
      if (context.every((token, i) => text[at - m + i] === token)) seen.set(text[at]!, (seen.get(text[at]!) ?? 0) + 1)
    }
    const total = [...seen.values()].reduce((a, b) => a + b, 0)
    if (total === 0) break
    const named = new Set([...blended.keys(), ...seen.keys()])
    const share = (token: number) =>
      ((seen.get(token) ?? 0) + TRUST[m]! * (blended.get(token) ?? 0)) / (total + TRUST[m]!)
    blended = new Map([...named].map((token) => [token, share(token)]))
  }
  return blended
}

const texts = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 })
const written = { tokens: Int32Array.of(0, 1, 2, 3, 0, 1, 3, 3, 2, 0, 1, 2, 2, 1) }
const table = ngramTable([written], { vocabularySize: 4, leastOccurrences: 1 })

function grown(text: readonly number[], limits: Limits, known?: NgramTable) {
  const tree = suffixTree(ORDERS + 1)
  const sequence = openSequence(tree)
  for (const token of text) appendToken(tree, sequence, token)
  const { tokens, parents, confidence, length } = grow(grower(nodes), tree, sequence, known, limits)
  const paths: number[][] = []
  for (let i = 0; i < length; i++) paths.push([...(paths[parents[i]!] ?? []), tokens[i]!])
  return { paths, parents: [...parents.subarray(0, length)], confidence: [...confidence.subarray(0, length)] }
}

it('drafts the most probable strings, each with its probability by definition', () => {
  const limits: Limits = { levels: 6, nodes, minimumProbability: 0.02, isChain: false }
  fc.assert(
    fc.property(texts, fc.constantFrom(undefined, table), (text, known) => {
      const { paths, parents, confidence } = grown(text, limits, known)
      const path: number[] = []
      for (const [i, string] of paths.entries()) {
        const expected = lawBehind(text, string.slice(0, -1), known).get(string.at(-1)!)!
        expect(confidence[i]).toBeCloseTo(expected, 6)
        path.push(expected * (path[parents[i]!] ?? 1))
        expect(string.length).toBeLessThanOrEqual(limits.levels)
      }
      for (let i = 1; i < path.length; i++) expect(path[i]!).toBeLessThanOrEqual(path[i - 1]! + 1e-9)
      for (const p of path) expect(p).toBeGreaterThan(limits.minimumProbability - 1e-9)
      expect(new Set(paths.map(String)).size).toBe(paths.length)
      // Nothing more probable was left out.
      const least = paths.length === nodes ? path.at(-1)! : limits.minimumProbability
      for (const [i, string] of [[-1, []] as const, ...paths.entries()]) {
        if (string.length === limits.levels) continue
        for (const [token, p] of lawBehind(text, string, known)) {
          if (p * (path[i] ?? 1) < least + 1e-9) continue
          expect(paths.map(String)).toContain(String([...string, token]))
        }
      }
    }),
  )
})

it('drafts the most probable token of each level as a chain', () => {
  const limits: Limits = { levels: 4, nodes, minimumProbability: 0.01, isChain: true }
  fc.assert(
    fc.property(texts, (text) => {
      const { paths, parents } = grown(text, limits, table)
      expect(parents).toEqual(parents.map((_, i) => i - 1))
      for (const string of paths) {
        const behind = lawBehind(text, string.slice(0, -1), table)
        expect(behind.get(string.at(-1)!)).toBeCloseTo(Math.max(...behind.values()), 9)
      }
    }),
  )
})
