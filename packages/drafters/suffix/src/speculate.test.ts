import { appendToken, openSequence, suffixTree } from '@foretoken/drafting'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Candidate, candidate, type Rule, speculate } from './speculate.ts'

const RULE: Rule = { shape: 'chain', factor: 1, offset: 0, minimumProbability: 0.1 }

function draftAfter(
  text: readonly number[],
  rule: Partial<Rule>,
  depth: number,
  room: number,
  nodes = room,
): Candidate {
  const tree = suffixTree(depth)
  const own = openSequence(tree)
  for (const token of text) appendToken(tree, own, token)
  const question = { text: Int32Array.from(text), length: text.length, own, room, nodes }
  return speculate(tree, question, { ...RULE, ...rule }, [candidate(), candidate()])
}

const tokensOf = ({ tokens, length }: Candidate): number[] => [...tokens.subarray(0, length)]

const text = [1, 2, 3, 4, 5, 9, 1, 2, 3, 4, 6, 9, 1, 2, 3]

it('drafts as the published rule does', () => {
  const draft = draftAfter(text, {}, 24, 10)
  expect(tokensOf(draft)).toEqual([4, 6, 9, 1])
  expect(draft.score).toBeCloseTo(2)
  const longer = draftAfter(text, { factor: 2 }, 24, 10)
  expect(tokensOf(longer)).toEqual([4, 6, 9, 1, 2, 3])
  expect(longer.score).toBeCloseTo(3)
})

it('trusts longer contexts and frequent continuations more', () => {
  const once = draftAfter([1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3], { factor: 2 }, 24, 4)
  expect(tokensOf(once)).toEqual([4, 5, 6, 7])
  // The text's own end is no continuation: 1 / (1 + 2 / 3), 1 / (1 + 2 / 4), …
  for (const [i, confidence] of once.confidence.subarray(0, 4).entries()) {
    expect(confidence).toBeCloseTo(1 / (1 + 2 / (3 + i)))
  }
  const [twice] = draftAfter([1, 2, 0, 1, 2, 9, 1], {}, 24, 1).confidence
  expect(twice).toBeCloseTo(2 / (2 + 2))
})

/** Occurrences of `string` in `sequence`, by reading it. */
function count(sequence: readonly number[], string: readonly number[]): number {
  let sum = 0
  for (let i = 0; i + string.length <= sequence.length; i++) if (string.every((t, k) => sequence[i + k] === t)) sum++
  return sum
}

/** Most frequent continuation, the one whose last occurrence is newest on ties. */
function following(sequence: readonly number[], string: readonly number[]): number | undefined {
  const newest = (token: number) =>
    sequence.map((_, i) => i).findLast((i) => [...string, token].every((t, k) => sequence[i + k] === t))!
  const tokens = [...new Set(sequence)].filter((token) => count(sequence, [...string, token]) > 0)
  const order = (a: number, b: number) =>
    count(sequence, [...string, b]) - count(sequence, [...string, a]) || newest(b) - newest(a)
  return tokens.sort(order)[0]
}

/** The rule, word by word. */
function slowly(
  sequence: readonly number[],
  rule: Rule,
  depth: number,
  room: number,
): { tokens: number[]; score: number } {
  let best = { tokens: [] as number[], score: 0 }
  for (let m = 1; m < Math.min(depth, sequence.length); m++) {
    const pattern = sequence.slice(-m)
    const budget = Math.min(room, Math.floor(m * rule.factor + rule.offset + 1e-6))
    const tokens: number[] = []
    let score = 0
    while (tokens.length < budget && m + tokens.length < depth) {
      const next = following(sequence, [...pattern, ...tokens])
      const p = next === undefined ? 0 : count(sequence, [...pattern, ...tokens, next]) / count(sequence, pattern)
      if (next === undefined || p < rule.minimumProbability - 1e-12) break
      tokens.push(next)
      score += p
    }
    if (tokens.length > 0 && score >= best.score - 1e-12) best = { tokens, score }
  }
  return best
}

const texts = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 40 })

it('drafts chains as the definition does', () => {
  const numbers = fc.record({
    factor: fc.constantFrom(0, 0.5, 1, 2.5),
    offset: fc.constantFrom(0, 1, 2.4),
    minimumProbability: fc.constantFrom(0.001, 0.15, 0.37, 0.71),
  })
  fc.assert(
    fc.property(
      texts,
      numbers,
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 6 }),
      (sequence, rule, depth, room) => {
        const draft = draftAfter(sequence, rule, depth, room)
        const expected = slowly(sequence, { ...RULE, ...rule }, depth, room)
        expect(draft.score).toBeCloseTo(expected.score, 9)
        expect(tokensOf(draft)).toEqual(expected.tokens)
      },
    ),
    { numRuns: 300 },
  )
})

it('drafts trees whose paths occur with the stated probabilities, the most probable first', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 4 }), (sequence, depth, room) => {
      const rule = { ...RULE, shape: 'tree', factor: 3, minimumProbability: 0.12 } as const
      const draft = draftAfter(sequence, rule, depth, room, 9)
      if (draft.length === 0) return
      const paths: number[][] = []
      for (let node = 0; node < draft.length; node++) {
        const parent = draft.parents[node]!
        expect(parent).toBeLessThan(node)
        paths.push([...(paths[parent] ?? []), draft.tokens[node]!])
      }
      expect(new Set(paths.map(String)).size).toBe(paths.length)
      expect(Math.max(...paths.map((path) => path.length))).toBeLessThanOrEqual(room)
      // The pattern is not told: one of the suffixes gives these probabilities and drafts nothing more probable.
      const fits = sequence
        .map((_, i) => sequence.slice(i))
        .some((pattern) => {
          if (pattern.length >= Math.min(depth, sequence.length)) return false
          const p = (path: readonly number[]) => count(sequence, [...pattern, ...path]) / count(sequence, pattern)
          const shares = paths.map(p)
          const sum = shares.reduce((a, b) => a + b, 0)
          return (
            Math.abs(sum - draft.score) < 1e-9 &&
            shares.every((share, i) => share >= 0.12 - 1e-9 && (i === 0 || share <= shares[i - 1]! + 1e-9))
          )
        })
      expect(fits).toBe(true)
    }),
    { numRuns: 300 },
  )
})
