import { expect, it } from 'vitest'
import { trie } from './trie.ts'

it('loses no sentence to rounding', () => {
  const nodes = trie(10)
  nodes.see(nodes.root, { legal: 1, stops: 0, choices: 2 })
  const likely = nodes.child(nodes.root, 0)!
  nodes.weigh(likely, 1)
  nodes.see(likely, { legal: 0, stops: 0, choices: 0 })
  nodes.settle()
  // The other child had 1e-20: nothing is left of it in a sum of doubles.
  expect(nodes.root.upper).toBeGreaterThan(0)
  nodes.weigh(nodes.child(nodes.root, 1)!, 1e-20)
  nodes.settle()
  expect(nodes.root.upper).toBe(1e-20)
})

it('keeps bounds where there is no room, and what was seen first', () => {
  const nodes = trie(2)
  nodes.see(nodes.root, { legal: 0.75, stops: 0.25, choices: 2 })
  nodes.see(nodes.root, { legal: 1, stops: 0.25, choices: 2 })
  expect(nodes.child(nodes.root, 1)).toBeDefined()
  expect([nodes.child(nodes.root, 2), nodes.isFull, nodes.size]).toEqual([undefined, true, 2])
  nodes.settle()
  expect([nodes.root.lower, nodes.root.upper]).toEqual([0.25, 0.75])
})

it('changes no bound before it settles', () => {
  const nodes = trie(10)
  nodes.see(nodes.root, { legal: 0.5, stops: 0, choices: 1 })
  expect(nodes.root.upper).toBe(1)
  nodes.settle()
  expect(nodes.root.upper).toBe(0.5)
})
