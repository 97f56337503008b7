import { expect, it } from 'vitest'
import { fromEach, parseQuestions, spread } from './questions.ts'

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

it('takes some from each category', () => {
  const questions = ['a', 'a', 'b', 'a', 'b'].map((category, i) => ({ question_id: i, category, turns: ['?'] }))
  expect(fromEach(questions, 2).map(({ question_id }) => question_id)).toEqual([0, 1, 2, 4])
})
