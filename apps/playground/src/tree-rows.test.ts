import { expect, it } from 'vitest'
import { treeRows } from './tree-rows.ts'

const rowsOf = (parents: readonly number[]) => treeRows(parents.map((parent) => ({ parent })))

it('keeps a chain in one row', () => {
  expect(rowsOf([-1, 0, 1])).toEqual([0, 0, 0])
  expect(rowsOf([])).toEqual([])
})

it('gives every branch a row of its own', () => {
  expect(rowsOf([-1, -1, -1])).toEqual([0, 1, 2])
  expect(rowsOf([-1, -1, 0, 0, 1])).toEqual([0, 2, 0, 1, 2])
  expect(rowsOf([-1, 0, 0, 1, 1, -1])).toEqual([0, 0, 2, 0, 1, 3])
})
