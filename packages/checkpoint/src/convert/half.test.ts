import { expect, it } from 'vitest'
import { HALF } from '../quantization/half.ts'
import { toHalf } from './half.ts'

it('gives back every finite float16', () => {
  const finite = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => Number.isFinite(HALF[bits]))
  expect(toHalf(Float32Array.from(finite, (bits) => HALF[bits]!))).toEqual(finite)
})

it('rounds to the nearest, halves to even', () => {
  const between = (bits: number) => (HALF[bits]! + HALF[bits + 1]!) / 2
  for (const bits of [0, 1, 0x3ff, 0x400, 0x401, 0x3c00, 0x3c01, 0x7bfe]) {
    const even = bits % 2 === 0 ? bits : bits + 1
    expect(
      toHalf(Float32Array.of(between(bits), between(bits) * (1 + 2 ** -20), between(bits) * (1 - 2 ** -20))),
    ).toEqual(Uint16Array.of(even, bits + 1, bits))
  }
})

it('keeps what no float16 holds recognisable', () => {
  expect([...toHalf(Float32Array.of(1e6, -1e6, 65_519, 65_520, Number.NaN))]).toEqual([
    0x7c00, 0xfc00, 0x7bff, 0x7c00, 0x7e00,
  ])
})
