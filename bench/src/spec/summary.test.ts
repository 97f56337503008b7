import { expect, it } from 'vitest'
import type { Trial } from './measure.ts'
import { summarize } from './summary.ts'
import type { TurnStats } from './turn.ts'

const run = (decodeMs: number, decodeTokens: number, rounds = decodeTokens): TurnStats => ({
  tokens: decodeTokens + 1,
  decodeTokens,
  decodeMs,
  draftMs: 0.25 * decodeMs,
  verifyMs: 0.5 * decodeMs,
  otherMs: 0.25 * decodeMs,
  firstMs: 10,
  rounds: rounds + 1,
  drafted: 2 * (decodeTokens - rounds),
  accepted: decodeTokens - rounds,
  draftedByDepth: [decodeTokens, 30, 5],
  acceptedByDepth: [decodeTokens / 2, 6, 5],
})

const trial = (id: number, ours: TurnStats, plain: TurnStats, rest: Partial<Trial> = {}): Trial => ({
  composition: 'a',
  temperature: 0,
  id,
  category: 'qa',
  turn: 1,
  promptTokens: 10,
  prefillMs: 90,
  ours,
  plain,
  mustMatch: true,
  ...rest,
})

it('takes the ratio of sums, by token', () => {
  const summary = summarize([trial(1, run(100, 40, 20), run(400, 40)), trial(2, run(300, 60), run(600, 60))], 0)
  expect(summary.speedup).toBeCloseTo(1000 / 400, 12)
  expect(summary.medianSpeedup).toBeCloseTo((4 + 2) / 2, 12)
  expect(summary.wholeSpeedup).toBeCloseTo(1200 / 600, 12)
  expect(summary.plainMs).toBeCloseTo(10, 12)
  expect(summary.tokensPerSecond).toBeCloseTo(250, 12)
  expect(summary.draftMs + summary.verifyMs + summary.otherMs).toBeCloseTo(4, 12)
  // 80 timed rounds took 400 ms; a plain step takes 10.
  expect(summary.roundCost).toBeCloseTo(0.5, 12)
  expect(summary.meanAcceptanceLength).toBeCloseTo(1 + 20 / 82, 12)
  expect(summary.acceptanceRate).toBeCloseTo(0.5, 12)
  expect(summary.roundEfficiency).toBeCloseTo(102 / 122, 12)
})

it('compares outputs of unequal lengths by token', () => {
  expect(summarize([trial(1, run(100, 20), run(400, 40))], 0).speedup).toBeCloseTo(2, 12)
})

it('holds both turns of a question together, and gives an interval where there are two questions', () => {
  const turns = [trial(1, run(100, 40), run(200, 40)), trial(1, run(100, 40), run(400, 40), { turn: 2 })]
  const one = summarize(turns, 0)
  expect([one.questions, one.turns, one.speedupInterval]).toEqual([1, 2, null])
  const two = summarize([...turns, trial(2, run(100, 40), run(100, 40))], 0)
  expect(two.speedupInterval?.[0]).toBeCloseTo(1, 12)
  expect(two.speedupInterval?.[1]).toBeCloseTo(3, 12)
})

it('leaves out depths that few rounds reached', () => {
  expect(summarize([trial(1, run(1, 40), run(1, 40))], 0).acceptanceByDepth).toEqual([0.5, 0.2])
})

it('knows where identity was due', () => {
  const [ours, plain] = [run(1, 40), run(1, 40)]
  const identical = (rest: Partial<Trial>) =>
    summarize([trial(1, ours, plain), trial(2, ours, plain, rest)], 0).identical
  expect(identical({})).toBe(true)
  expect(identical({ differsAt: 3 })).toBe(false)
  expect(identical({ differsAt: 3, mustMatch: false })).toBe(true)
  expect(summarize([trial(1, ours, plain, { mustMatch: false })], 0).identical).toBeNull()
})
