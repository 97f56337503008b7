import type { Draft } from '@foretoken/core'
import { expect, it } from 'vitest'
import { acceptanceMeter } from './acceptance-meter.ts'

// Two children of the root, of ranks 0 and 2; the first has children of ranks 0 and 1.
const draft: Draft = {
  tokens: Int32Array.of(4, 5, 6, 7),
  parents: Int32Array.of(-1, -1, 0, 0),
  q: { kind: 'point-mass' },
}
const nodes = { ranks: Int32Array.of(0, 2, 0, 1), depths: Int32Array.of(1, 1, 2, 2) }

it('counts children of what was accepted and knows nothing of the others', () => {
  const meter = acceptanceMeter()
  meter.record(nodes, { draft, path: Int32Array.of(0, 3), token: 9 })
  expect(meter.rates()).toEqual([
    [1, 0, 0],
    [0, 1],
  ])
  // Nothing accepted: the second level was not tried.
  meter.record(nodes, { draft, path: new Int32Array(0), token: 9 })
  expect(meter.rates()).toEqual([
    [0.5, 0, 0],
    [0, 1],
  ])
})

it('counts a token that was accepted and ended the text', () => {
  const meter = acceptanceMeter()
  meter.record(nodes, { draft, path: Int32Array.of(0), token: 6 })
  expect(meter.rates()).toEqual([
    [1, 0, 0],
    [1, 0],
  ])
})

it('expects the prior at first and the measured share in the end', () => {
  const meter = acceptanceMeter({ weight: 4 })
  const prior = [[0.25], [0.5]]
  expect(meter.expected(1, 0, prior)).toBe(0.25)
  expect(meter.expected(7, 0, prior)).toBe(0.5)
  expect(meter.expected(1, 3, prior)).toBe(0)
  for (let i = 0; i < 4; i++) meter.record(nodes, { draft, path: Int32Array.of(0), token: 9 })
  expect(meter.expected(1, 0, prior)).toBe((4 + 4 * 0.25) / 8)
  meter.clear()
  expect(meter.rates()).toEqual([])
})
