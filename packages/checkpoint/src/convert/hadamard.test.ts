import { hadamard } from '@foretoken/graph'
import { expect, it } from 'vitest'
import { hadamardBlocks, hadamardRows, hadamardSize } from './hadamard.ts'

const values = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i * i + 1))

/** `x·H` for each block of `size` entries. */
function product(x: Float32Array, size: number): number[] {
  const h = hadamard(size)
  return [...x].map((_, at) => {
    const start = at - (at % size)
    let sum = 0
    for (let i = 0; i < size; i++) sum += x[start + i]! * h[i * size + (at % size)]!
    return sum
  })
}

it.each([1, 2, 8, 64])('multiplies blocks of %i by the matrix that the graph uses', (size) => {
  const x = values(3 * size)
  const expected = product(x, size)
  hadamardBlocks(x, size)
  for (const [i, value] of expected.entries()) expect(x[i]).toBeCloseTo(value, 5)
})

it('transforms across rows as it does along them', () => {
  const [rows, columns, size] = [16, 3, 8]
  const x = values(rows * columns)
  const transposed = Float32Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]!)
  hadamardRows(x, columns, size)
  hadamardBlocks(transposed, size)
  for (let i = 0; i < x.length; i++) {
    expect(x[(i % rows) * columns + Math.floor(i / rows)]).toBeCloseTo(transposed[i]!, 6)
  }
})

it('finds the largest power of two that divides a width', () => {
  expect([576, 896, 4096, 33, 24].map((width) => hadamardSize(width))).toEqual([64, 128, 4096, 1, 8])
  expect(hadamardSize(4096, 32)).toBe(32)
})
