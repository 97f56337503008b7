import { toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { draftCache } from './draft-cache.ts'
import { draftTree } from './draft-tree.ts'

const vocabularySize = 6
const logits = toyTable({ vocabularySize })
const rowOf = (text: number[]) => [...Float32Array.from(logits(text))]

it('gives the logits of the text, whatever turns it takes', async () => {
  await using model = toyModel({ vocabularySize, logits, maximumRows: 3 })
  const cache = draftCache(model)
  cache.setText(0, [1, 2, 3, 4, 5])
  expect([...(await cache.logits())]).toEqual(rowOf([1, 2, 3, 4, 5]))
  cache.push(0)
  expect([...(await cache.logits())]).toEqual(rowOf([1, 2, 3, 4, 5, 0]))
  cache.setText(2, [3, 1])
  expect([...(await cache.logits())]).toEqual(rowOf([1, 2, 3, 1]))
  expect([...(await cache.logits())]).toEqual(rowOf([1, 2, 3, 1]))
  expect(cache.text).toEqual([1, 2, 3, 1])
})

it('scores trees behind the text and keeps nothing of them', async () => {
  await using model = toyModel({ vocabularySize, logits })
  const cache = draftCache(model)
  cache.setText(0, [1, 2])
  await cache.logits()
  const rows = await cache.level([3, 4, 5], [-1, -1, 1], 1)
  expect([...rows]).toEqual([...rowOf([1, 2, 4]), ...rowOf([1, 2, 4, 5])])
  expect(model.length).toBe(2)
})

it('keeps rows while it grows, and forgets them when cleared', () => {
  const tree = draftTree(2)
  for (let i = 0; i < 9; i++) {
    tree.addRow().set([i, 1])
    tree.add(i % 2, i - 1, i, 0.5)
  }
  const { q, parents, siblings } = tree.draft('independent')
  expect(q.kind === 'dense' && [...q.rows]).toEqual(Array.from({ length: 9 }, (_, i) => [i, 1]).flat())
  expect([...(parents ?? [])]).toEqual([-1, 0, 1, 2, 3, 4, 5, 6, 7])
  expect(siblings).toBe('independent')
  expect(tree.draft().q).toEqual({ kind: 'point-mass' })
  tree.clear()
  expect([tree.rows, tree.draft().tokens.length]).toEqual([0, 0])
})
