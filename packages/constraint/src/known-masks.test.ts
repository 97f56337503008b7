import fc from 'fast-check'
import { expect, it } from 'vitest'
import { knownMasks } from './known-masks.ts'
import type { State } from './machine.ts'

const stateOf = (id: number): State => ({ id, residuals: [], stacks: [], accepts: false })

it('holds the masks last asked for, equal ones once, and never more than its limit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 30_000 }),
      fc.array(fc.tuple(fc.nat(19), fc.nat(5)), { maxLength: 100 }),
      (limit, uses) => {
        const masks = knownMasks(40, limit)
        const states = Array.from({ length: 20 }, (_, id) => stateOf(id))
        const last = new Map<State, number>()
        for (const [id, word] of uses) {
          const state = states[id]!
          const found = masks.get(state)
          if (found) expect([...new Set(found)]).toEqual([last.get(state)])
          else {
            masks.blank().fill(word)
            expect([...new Set(masks.add(state))]).toEqual([word])
            last.set(state, word)
          }
          expect(masks.size).toBeLessThanOrEqual(limit)
        }
      },
    ),
  )
})

it('gives states that allow the same tokens the same array, which later ones do not change', () => {
  const masks = knownMasks(2, 2 ** 14)
  const add = (id: number, word: number): Uint32Array => {
    masks.blank()[1] = word
    return masks.add(stateOf(id))
  }
  const first = add(0, 3)
  expect(add(1, 4)).not.toBe(first)
  expect(add(2, 3)).toBe(first)
  expect([...first]).toEqual([0, 3])
})
