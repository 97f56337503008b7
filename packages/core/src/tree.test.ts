import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ancestorMask, depthOf, depthsOf, isChain, nextChild, parentOf, pathTo } from './tree.ts'

const shape = fc.array(fc.nat(1000), { maxLength: 12 }).map((list) => ({
  tokens: new Int32Array(list.length),
  parents: Int32Array.from(list, (value, node) => (value % (node + 1)) - 1),
}))

it('lists the children of each node in order', () => {
  fc.assert(
    fc.property(shape, (draft) => {
      for (let node = -1; node < draft.tokens.length; node++) {
        const children: number[] = []
        for (let child = nextChild(draft, node); child >= 0; child = nextChild(draft, node, child)) children.push(child)
        expect(children).toEqual([...draft.parents.keys()].filter((child) => draft.parents[child] === node))
      }
    }),
  )
})

it('gives masks that are the closure of ancestors, paths and depths that agree with them', () => {
  fc.assert(
    fc.property(shape, (draft) => {
      const count = draft.tokens.length
      const mask = ancestorMask(draft)
      const depths = depthsOf(draft)
      for (let node = 0; node < count; node++) {
        const path = pathTo(draft, node)
        const seen = [...mask.subarray(node * count, (node + 1) * count).entries()].filter(([, bit]) => bit === 1)
        expect(seen.map(([column]) => column)).toEqual([...path].sort((a, b) => a - b))
        expect(path.length).toBe(depths[node])
        expect(path.at(-1)).toBe(node)
        path.forEach((each, i) => {
          expect(parentOf(draft, each)).toBe(path[i - 1] ?? -1)
        })
      }
      expect(depthOf(draft)).toBe(Math.max(0, ...depths))
    }),
  )
})

it('takes a draft without parents for a chain', () => {
  const chain = { tokens: new Int32Array(3) }
  const explicit = { ...chain, parents: Int32Array.of(-1, 0, 1) }
  for (const draft of [chain, explicit]) {
    expect(isChain(draft)).toBe(true)
    expect([...depthsOf(draft)]).toEqual([1, 2, 3])
    expect([...pathTo(draft, 2)]).toEqual([0, 1, 2])
    expect([nextChild(draft, -1), nextChild(draft, 1), nextChild(draft, 2), nextChild(draft, 1, 2)]).toEqual([
      0, 2, -1, -1,
    ])
  }
  expect(isChain({ ...chain, parents: Int32Array.of(-1, -1, 1) })).toBe(false)
})
