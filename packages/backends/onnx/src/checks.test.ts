import { ForetokenError } from '@foretoken/core'
import { expect, it } from 'vitest'
import { checkPath, checkRewind, checkStep } from './checks.ts'

const LIMITS = { vocabularySize: 10, contextLength: 8, maximumRows: 4, isTree: true }
const codeOf = (action: () => void) => {
  try {
    action()
  } catch (error) {
    return ForetokenError.is(error) ? error.code : error
  }
}
const ids = (...values: number[]) => Int32Array.from(values)

it('fills in a chain and all logits', () => {
  const step = checkStep({ tokens: ids(1, 2, 3) }, 0, LIMITS)
  expect([...step.parents]).toEqual([-1, 0, 1])
  expect([...step.logitsFor]).toEqual([0, 1, 2])
  expect([...step.depths]).toEqual([0, 1, 2])
})

it.each([
  ['no rows', { tokens: ids() }],
  ['too many rows', { tokens: ids(1, 2, 3, 4, 5) }],
  ['a token past the vocabulary', { tokens: ids(10) }],
  ['a negative token', { tokens: ids(-1) }],
  ['fewer parents than rows', { tokens: ids(1, 2), parents: ids(-1) }],
  ['a parent that comes later', { tokens: ids(1, 2), parents: ids(1, -1) }],
  ['a parent below the root', { tokens: ids(1), parents: ids(-2) }],
  ['logits of a row that is not there', { tokens: ids(1), logitsFor: ids(1) }],
  ['logits out of order', { tokens: ids(1, 2), logitsFor: ids(1, 0) }],
  ['logits asked twice', { tokens: ids(1, 2), logitsFor: ids(1, 1) }],
])('refuses %s', (_, input) => {
  expect(codeOf(() => checkStep(input, 0, LIMITS))).toBe('BAD_OPTION')
})

it('refuses trees where the graph takes chains only', () => {
  const input = { tokens: ids(1, 2), parents: ids(-1, -1) }
  expect(codeOf(() => checkStep(input, 0, { ...LIMITS, isTree: false }))).toBe('BAD_OPTION')
})

it('counts depth, not rows, against the context', () => {
  expect(codeOf(() => checkStep({ tokens: ids(1, 2), parents: ids(-1, -1) }, 7, LIMITS))).toBeUndefined()
  expect(codeOf(() => checkStep({ tokens: ids(1, 2) }, 7, LIMITS))).toBe('CONTEXT_FULL')
})

it('accepts paths from the root only', () => {
  const parents = ids(-1, -1, 0, 2)
  expect(codeOf(() => checkPath(ids(0, 2, 3), parents))).toBeUndefined()
  expect(codeOf(() => checkPath(ids(), undefined))).toBeUndefined()
  expect(codeOf(() => checkPath(ids(2), parents))).toBe('BAD_OPTION')
  expect(codeOf(() => checkPath(ids(0, 1), parents))).toBe('BAD_OPTION')
  expect(codeOf(() => checkPath(ids(9), parents))).toBe('BAD_OPTION')
  expect(codeOf(() => checkPath(ids(0), undefined))).toBe('BAD_OPTION')
})

it('rewinds to committed lengths only', () => {
  expect(codeOf(() => checkRewind(3, 3))).toBeUndefined()
  for (const length of [-1, 4, 1.5, Number.NaN]) expect(codeOf(() => checkRewind(length, 3))).toBe('BAD_OPTION')
})
