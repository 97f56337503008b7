import { expect, it } from 'vitest'
import { type Answer, peersResults, peersText } from './peers-report.ts'

const answer = (engine: string, id: number, category: string, tokens: number, restMs: number): Answer => ({
  engine,
  id,
  category,
  turn: 1,
  tokens,
  firstMs: 100,
  restMs,
})
const runs = [
  { name: 'ours', version: '1', predictions: { rounds: 7 } },
  { name: 'theirs', version: '2' },
]
const answers = [
  answer('ours', 1, 'qa', 11, 100),
  answer('theirs', 1, 'qa', 11, 200),
  answer('ours', 2, 'rag', 31, 300),
  answer('theirs', 2, 'rag', 16, 600),
]

it('compares rates of the same questions, by sums', () => {
  const { engines } = peersResults(runs, answers, {}, 0)
  expect(engines.map(({ tokensPerSecond }) => tokensPerSecond)).toEqual([100, 31.25])
  expect(engines.map(({ ratio }) => ratio)).toEqual([1, 3.2])
  expect(engines[0]?.wholeTokensPerSecond).toBeCloseTo(70, 12)
  expect(engines[1]?.medianRatio).toBeCloseTo(3, 12)
  expect(engines[1]?.ratioInterval).toEqual([2, 4])
  expect(engines[1]?.categories).toEqual({ qa: 50, rag: 25 })
})

it('shows what engines count, and what is missing', () => {
  const text = peersText(peersResults(runs, answers, { other: 'no binary' }, 0))
  expect(text).toMatch(/ours .*rounds 7/)
  expect(text).toMatch(/theirs .*3\.20 +2\.00–4\.00/)
  expect(text).toContain('Not measured: other: no binary')
})
