import { expect, it } from 'vitest'
import { keepNear } from './keep-near.ts'

it('masks what lies too far below the best', () => {
  const logits = Float32Array.of(1, -2, 3, 0.5)
  keepNear(logits, 2.5)
  expect([...logits]).toEqual([1, Number.NEGATIVE_INFINITY, 3, 0.5])
})
