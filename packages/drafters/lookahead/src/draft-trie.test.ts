import { pathTo } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { draftTrie } from './draft-trie.ts'

it('holds every path once, as far as there are nodes', () => {
  const paths = fc.array(fc.array(fc.nat(2), { maxLength: 4 }), { maxLength: 12 })
  fc.assert(
    fc.property(paths, fc.nat(30), (added, mostNodes) => {
      const trie = draftTrie()
      for (const path of added) trie.addPath(path, mostNodes)
      const draft = trie.draft()
      const held = Array.from(draft.tokens, (_, node) => [...pathTo(draft, node)].map((at) => draft.tokens[at]).join())
      const wanted = new Set(added.flatMap((path) => path.map((_, i) => path.slice(0, i + 1).join())))
      expect(new Set(held).size).toBe(held.length)
      expect(trie.size).toBe(Math.min(mostNodes, wanted.size))
      for (const path of held) expect(wanted.has(path)).toBe(true)
    }),
  )
})

it('finds the window’s tokens among the candidates', () => {
  const trie = draftTrie()
  trie.addPath([4, 5], 9)
  expect(trie.add(-1, 4)).toBe(0)
  expect(trie.add(0, 6)).toBe(2)
  expect([...trie.draft().parents!]).toEqual([-1, 0, 0])
})
