import { type ErrorCode, ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AdjacencyTable, adjacencyTable, loadAdjacencyTable } from './adjacency-table.ts'

const vocabularySize = 9
const rowOf = (table: AdjacencyTable, token: number): number[] =>
  Array.from({ length: table.width }, (_, rank) => table.successor(token, rank))
const rowsOf = (table: AdjacencyTable): number[][] =>
  Array.from({ length: table.vocabularySize }, (_, token) => rowOf(table, token))

function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run()
  } catch (error) {
    if (ForetokenError.is(error)) return error.code
    throw error
  }
  return undefined
}

const token = fc.nat({ max: vocabularySize - 1 })
const learn = fc.record({
  token,
  row: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: vocabularySize, maxLength: vocabularySize }),
})
const promote = fc.record({ token, next: token })
const actions = fc.array(fc.oneof(learn, promote), { maxLength: 40 })
const width = fc.integer({ min: 1, max: 10 })

type Action = { token: number; row: number[] } | { token: number; next: number }

function played(steps: readonly Action[], k: number): AdjacencyTable {
  const table = adjacencyTable({ vocabularySize, width: k })
  for (const step of steps) {
    if ('row' in step) table.learn(step.token, Float32Array.from(step.row))
    else table.promote(step.token, step.next)
  }
  return table
}

it('keeps what lists of successors keep', () => {
  fc.assert(
    fc.property(actions, width, (steps, k) => {
      const lists: number[][] = Array.from({ length: vocabularySize }, () => [])
      for (const step of steps) {
        const list = lists[step.token]!
        if ('row' in step) list.splice(0, list.length, ...step.row.map((_, id) => id))
        if ('row' in step) list.sort((a, b) => step.row[b]! - step.row[a]! || a - b)
        else list.splice(0, list.length, step.next, ...list.filter((id) => id !== step.next))
        list.length = Math.min(list.length, k)
      }
      const padded = lists.map((list) => Array.from({ length: k }, (_, i) => list[i] ?? -1))
      expect(rowsOf(played(steps, k))).toEqual(padded)
    }),
  )
})

it('is loaded as it was saved', () => {
  fc.assert(
    fc.property(actions, width, (steps, k) => {
      const table = played(steps, k)
      const bytes = table.save()
      const known = rowsOf(table).filter(([first]) => first! >= 0).length
      expect(bytes.length).toBe(28 + known * 4 * (k + 1))
      const padded = new Uint8Array(bytes.length + 3)
      padded.set(bytes, 3)
      expect(rowsOf(loadAdjacencyTable(padded.subarray(3), vocabularySize))).toEqual(rowsOf(table))
    }),
  )
})

it('refuses every changed byte and every cut', () => {
  const bytes = played(
    [
      { token: 3, next: 5 },
      { token: 8, next: 0 },
    ],
    2,
  ).save()
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 16, 128]) {
      const changed = bytes.slice()
      changed[at]! ^= bit
      const expected = at < 8 ? 'BAD_OPTION' : 'BAD_CHECKSUM'
      expect(codeOf(() => loadAdjacencyTable(changed, vocabularySize))).toBe(expected)
    }
    const code = codeOf(() => loadAdjacencyTable(bytes.subarray(0, at), vocabularySize))
    expect(code).toBe(at < 28 ? 'BAD_OPTION' : 'BAD_CHECKSUM')
  }
  expect(codeOf(() => loadAdjacencyTable(Uint8Array.of(...bytes, 0, 0, 0, 0), vocabularySize))).toBe('BAD_CHECKSUM')
})

it('refuses a table of another vocabulary', () => {
  const bytes = played([], 2).save()
  expect(codeOf(() => loadAdjacencyTable(bytes, vocabularySize + 1))).toBe('VOCABULARY_MISMATCH')
})

it('takes the same memory however much it learns', () => {
  const table = adjacencyTable({ vocabularySize: 50, width: 3 })
  const row = new Float32Array(50)
  for (let i = 0; i < 5000; i++) {
    row[(i * 7) % 50] = i
    table.learn((i * 11) % 50, row)
    table.promote((i * 13) % 50, (i * 17) % 50)
  }
  expect(table.save().length).toBe(28 + 50 * 4 * 4)
  table.clear()
  expect(table.save().length).toBe(28)
})

it('refuses bad options with a typed error', () => {
  for (const options of [{ vocabularySize: 0 }, { vocabularySize: 5, width: 0 }, { vocabularySize: 5, width: 65 }]) {
    expect(codeOf(() => adjacencyTable(options))).toBe('BAD_OPTION')
  }
})
