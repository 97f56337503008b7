import { expect, it } from 'vitest'
import { follow } from './follow.ts'

const chain = { tokens: Int32Array.of(5, 6) }
const tree = { tokens: Int32Array.of(5, 7, 8), parents: Int32Array.of(-1, -1, 1) }

it('accepts while the draft agrees', () => {
  expect(follow(chain, (_, depth) => 5 + depth)).toEqual({ path: Int32Array.of(0, 1), token: 7, kind: 'bonus' })
  expect(follow(chain, () => 5)).toEqual({ path: Int32Array.of(0), token: 5, kind: 'corrected' })
})

it('looks at every sibling', () => {
  expect(follow(tree, (_, depth) => 7 + depth)).toEqual({ path: Int32Array.of(1, 2), token: 9, kind: 'bonus' })
})

it('gives the plain token for an empty draft', () => {
  expect(follow({ tokens: new Int32Array(0) }, () => 3)).toEqual({ path: new Int32Array(0), token: 3, kind: 'bonus' })
})
