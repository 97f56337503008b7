import { generate } from '@foretoken/core'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { expect, it } from 'vitest'
import { knownAnswerTree } from '../identity/known-answer-tree.ts'
import { knownModel } from './known-model.ts'
import { machine } from './machine.ts'

const VOCABULARY = 50
const PROMPT = Int32Array.of(1, 2, 3)
const ANSWER = Int32Array.from({ length: 40 }, (_, i) => (i * i) % VOCABULARY)
/** A plain step takes 10 ms, each further row 1 ms. */
const COSTS = { version: 1, rows: [1, 11], contexts: [0], milliseconds: [[10, 20]] } as const

function opened() {
  const here = machine(COSTS, { level: 0, seed: 0 })
  const text = Int32Array.of(...PROMPT, ...ANSWER)
  return { here, model: knownModel({ text, vocabularySize: VOCABULARY, spend: here.step }, PROMPT.length - 1) }
}

it('writes the answer again, a plain step a token', async () => {
  const { here, model } = opened()
  const { tokenIds } = await generate({ model, prompt: PROMPT, maxTokens: ANSWER.length, clock: here.now })
  expect(tokenIds).toEqual(ANSWER)
  expect(here.now()).toBeCloseTo(10 * ANSWER.length)
})

it('accepts of trees what agrees with the answer, and takes time for their rows', async () => {
  const { here, model } = opened()
  const drafter = here.timed(knownAnswerTree(ANSWER, VOCABULARY, 1), 'ngram')
  const parts = { drafter, verifier: exactMatch(), clock: here.now }
  const { tokenIds, stats } = await generate({ model, prompt: PROMPT, maxTokens: ANSWER.length, ...parts })
  expect(tokenIds).toEqual(ANSWER)
  expect(stats.accepted).toBeGreaterThan(10)
  const steps = 10 * stats.rounds + stats.drafted
  expect(here.now()).toBeGreaterThan(steps)
  expect(here.now()).toBeLessThan(steps + 0.1 * stats.rounds)
})
