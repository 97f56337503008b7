import { expect, it } from 'vitest'
import { parseQuestions, spread } from './questions.ts'

it('reads lines and refuses what is no question', () => {
  const line = '{"question_id": 7, "category": "qa", "turns": ["Why?"]}'
  expect(parseQuestions(`${line}\n\n`, 'q')).toEqual([{ question_id: 7, category: 'qa', turns: ['Why?'] }])
  expect(() => parseQuestions(`${line}\n{"turns": 3}`, 'q')).toThrow(/Line 2 of q/)
  expect(() => parseQuestions('nonsense', 'q')).toThrow(/Line 1 of q/)
})

it('spreads evenly', () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([0, 2, 4, 6])
  expect(spread([0, 1], 5)).toEqual([0, 1])
})
