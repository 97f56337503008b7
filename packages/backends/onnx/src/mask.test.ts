import { MASKED } from '@foretoken/graph'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkStep } from './checks.ts'
import { attentionMask, pastMask, pastWindow, SLOTS } from './mask.ts'

const LIMITS = { vocabularySize: 10, contextLength: 1000, maximumRows: 64, isTree: true }

const trees = fc
  .integer({ min: 1, max: 12 })
  .chain((rows) => fc.tuple(...Array.from({ length: rows }, (_, row) => fc.integer({ min: -1, max: row - 1 }))))

it('lets a row see the past, its ancestors and itself, as far as the window reaches', () => {
  fc.assert(
    fc.property(
      trees,
      fc.nat(20),
      fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined }),
      (parents, length, window) => {
        const rows = parents.length
        const step = checkStep({ tokens: new Int32Array(rows), parents: Int32Array.from(parents) }, length, LIMITS)
        const past = pastWindow(length, window)
        const { slots } = past
        const mask = attentionMask(step, length, past, window)
        const reach = window ?? Number.POSITIVE_INFINITY
        for (let row = 0; row < rows; row++) {
          const path = [row]
          while ((path[0] as number) >= 0) path.unshift(parents[path[0] as number] as number)
          path.shift()
          const position = length + path.length - 1
          for (let slot = 0; slot < slots; slot++) {
            const isSeen = slot < past.count && position - (past.from + slot) < reach
            expect(mask[row * (slots + rows) + slot]).toBe(isSeen ? 0 : MASKED)
          }
          for (let other = 0; other < rows; other++) {
            const isSeen = path.includes(other) && path.length - 1 - path.indexOf(other) < reach
            expect(mask[row * (slots + rows) + slots + other]).toBe(isSeen ? 0 : MASKED)
          }
        }
      },
    ),
  )
})

it('feeds slots by the dozen, masked where nothing counts, and one where there is no past', () => {
  expect(pastWindow(0).slots).toBe(1)
  expect([...pastMask(pastWindow(0))]).toEqual([MASKED])
  expect([...pastMask(pastWindow(3))]).toEqual([0, 0, 0, ...new Array(SLOTS - 3).fill(MASKED)])
  expect(pastWindow(SLOTS).slots).toBe(SLOTS)
  expect(pastWindow(SLOTS + 1).slots).toBe(2 * SLOTS)
})
