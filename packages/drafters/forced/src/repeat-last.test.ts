import { expect, it } from 'vitest'
import { repeatLast } from './repeat-last.ts'

it('repeats the last token', () => {
  expect([...repeatLast(7, 3)]).toEqual([7, 7, 7])
  expect([...repeatLast(undefined, 3)]).toEqual([])
})
