import { expect, it } from 'vitest'
import { HARMLESS, hostile } from './hostile.ts'
import { finiteWalks, noWalks, openWalks, smallVocabulary } from './walks.ts'

it('masks exactly what some valid text goes on with', () => {
  const counts = noWalks()
  const words = smallVocabulary()
  for (let n = 0; n < 60; n++) finiteWalks(5000 + 2 * n, words, 8, counts)
  expect(counts.faults).toEqual([])
  expect(counts.ended).toBeGreaterThan(200)
})

it('begins no object that could never be whole', () => {
  const counts = noWalks()
  const schema = { anyOf: [{ type: 'object', minProperties: 2, maxProperties: 1 }, { type: 'null' }] }
  openWalks(schema, smallVocabulary(), { walks: 20, most: 40, seed: 1 }, counts)
  expect(counts).toMatchObject({ ended: 20, open: 0, faults: [] })
})

it('ends hostile grammars with masks or a typed error', () => {
  const lines = hostile(smallVocabulary({ milliseconds: 300 }), { seed: 1, tokens: 20 })
  expect(lines.filter(({ outcome }) => !HARMLESS.includes(outcome))).toEqual([])
  expect(lines.filter(({ outcome }) => outcome === 'masked').length).toBeGreaterThan(20)
}, 120_000)
