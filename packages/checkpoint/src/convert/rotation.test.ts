import { expect, it } from 'vitest'
import { rotation } from './rotation.ts'

/** R itself, [width, width]: the rotated rows of the identity. */
function matrixOf(width: number, seed: number): Float32Array {
  const rows = new Float32Array(width * width)
  for (let i = 0; i < width; i++) rows[i * width + i] = 1
  rotation(width, seed).apply(rows)
  return rows
}

it.each([8, 24, 36, 576])('is orthogonal and spreads every entry, width %i', (width) => {
  const r = matrixOf(width, 0)
  for (let i = 0; i < width; i += 5) {
    for (let j = 0; j <= i; j += 3) {
      let product = 0
      for (let k = 0; k < width; k++) product += r[i * width + k]! * r[j * width + k]!
      expect(product).toBeCloseTo(i === j ? 1 : 0, 5)
    }
  }
  expect(r.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)).toBeLessThanOrEqual(
    Math.SQRT2 * width ** -0.5 + 1e-6,
  )
})

it('is decided by its seed', () => {
  expect(matrixOf(24, 1)).toEqual(matrixOf(24, 1))
  expect(matrixOf(24, 1)).not.toEqual(matrixOf(24, 2))
})
