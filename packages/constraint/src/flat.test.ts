import fc from 'fast-check'
import { expect, it } from 'vitest'
import { interned } from './interned.ts'
import { partitions } from './partitions.ts'
import { steps } from './steps.ts'
import { transitions, UNKNOWN } from './transitions.ts'

it('numbers sequences as a map of their texts does', () => {
  const number = fc.constantFrom(0, 1, -1, 2, 2 ** 31, 2 ** 45 + 1, Infinity)
  fc.assert(
    fc.property(fc.array(fc.array(number, { maxLength: 4 }), { maxLength: 300 }), (sequences) => {
      const ids = interned()
      const slow = new Map<string, number>()
      for (const sequence of sequences) {
        const expected = slow.get(sequence.join()) ?? -1
        expect(ids.find(sequence, sequence.length)).toBe(expected)
        if (expected >= 0) continue
        slow.set(sequence.join(), ids.add(sequence, sequence.length))
        expect(slow.get(sequence.join())).toBe(ids.size - 1)
      }
      for (const [text, id] of slow) {
        const sequence = text === '' ? [] : text.split(',').map(Number)
        if (slow.size > 1 || sequence.length > 0) expect(ids.find(sequence, sequence.length)).toBe(id)
      }
    }),
  )
})

it('remembers steps, and forgets them all past the limit', () => {
  const known = steps(1000)
  for (let i = 0; i < 1000; i++) known.set(i * 31, i % 256, i === 7 ? -1 : i)
  expect([known.get(0, 0), known.get(7 * 31, 7), known.get(999 * 31, 999 % 256)]).toEqual([0, -1, 999])
  expect([known.get(31, 2), known.get(1000, 1)]).toEqual([undefined, undefined])
  known.set(5, 5, 5)
  expect([known.get(5, 5), known.get(0, 0)]).toEqual([5, undefined])
})

it('keeps one transition for each class of bytes, within its limit', () => {
  const { of, both } = partitions()
  const parity = of((byte) => byte % 2)
  const high = of((byte) => Number(byte > 127) * 9)
  const all = both(parity, high)
  expect([parity.first, all.first, both(high, parity) === all, of((byte) => 1 - (byte % 2)) === parity]).toEqual([
    [0, 1],
    [0, 1, 128, 129],
    true,
    true,
  ])
  const limit = 70_000
  const known = transitions(limit, () => all)
  for (let state = 0; state < 5000; state++) {
    expect(known.get(state, 3)).toBe(UNKNOWN)
    known.set(state, 3, state)
    expect([known.get(state, 77), known.get(state, 2)]).toEqual([state, UNKNOWN])
    expect(known.bytes).toBeLessThanOrEqual(limit)
  }
  expect([known.get(0, 3), known.get(4999, 3)]).toEqual([UNKNOWN, 4999])
})
