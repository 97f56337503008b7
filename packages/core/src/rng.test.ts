import { expect, it } from 'vitest'
import { philox, rng, STREAMS } from './rng.ts'

it('matches the known answers of Random123 for Philox4x32-10', () => {
  const cases = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [-1, -1, -1, -1],
      [-1, -1],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const
  for (const [counter, [key0, key1], answer] of cases) {
    const words = Uint32Array.from(counter)
    philox(words, key0, key1)
    expect([...words]).toEqual([...answer])
  }
})

it('gives the same number for the same key, whatever was asked before', () => {
  const one = rng(7)
  const first = one.uniform(STREAMS.accept, 3, 1, 2)
  for (let i = 0; i < 10; i++) one.uniform(STREAMS.sample, i)
  expect(one.uniform(STREAMS.accept, 3, 1, 2)).toBe(first)
  expect(rng(7).uniform(STREAMS.accept, 3, 1, 2)).toBe(first)
})

it('changes with every part of the key, the high half of the seed too', () => {
  const numbers = [
    rng(1).uniform(0, 0, 0, 0),
    rng(1 + 2 ** 40).uniform(0, 0, 0, 0),
    rng(2).uniform(0, 0, 0, 0),
    rng(1).uniform(1, 0, 0, 0),
    rng(1).uniform(0, 1, 0, 0),
    rng(1).uniform(0, 0, 1, 0),
    rng(1).uniform(0, 0, 0, 1),
  ]
  expect(new Set(numbers).size).toBe(numbers.length)
})

/** Chi-square statistic of counts against a uniform law. */
function chiSquare(counts: Int32Array, total: number): number {
  const expected = total / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

// For k degrees of freedom the statistic has mean k and variance 2k; the bounds are 4.5 standard deviations.
it('is uniform along each part of the key', () => {
  const draw = [
    (i: number) => rng(i).uniform(0, 5),
    (i: number) => rng(1).uniform(0, i),
    (i: number) => rng(1).uniform(0, 5, i),
    (i: number) => rng(1).uniform(0, 5, 0, i),
  ]
  for (const uniform of draw) {
    const counts = new Int32Array(256)
    for (let i = 0; i < 100_000; i++) counts[Math.floor(uniform(i) * 256)]!++
    expect(Math.abs(chiSquare(counts, 100_000) - 255)).toBeLessThan(4.5 * Math.sqrt(510))
  }
})

it('has independent neighbours along each part of the key', () => {
  const source = rng(3)
  const next = [
    (i: number) => source.uniform(1, i),
    (i: number) => source.uniform(0, i + 1),
    (i: number) => source.uniform(0, i, 1),
    (i: number) => source.uniform(0, i, 0, 1),
    (i: number) => rng(4).uniform(0, i),
  ]
  for (const other of next) {
    const counts = new Int32Array(256)
    for (let i = 0; i < 100_000; i++) {
      counts[Math.floor(source.uniform(0, i) * 16) * 16 + Math.floor(other(i) * 16)]!++
    }
    expect(Math.abs(chiSquare(counts, 100_000) - 255)).toBeLessThan(4.5 * Math.sqrt(510))
  }
})
