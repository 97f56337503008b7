import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type AcceptanceRates,
  checkTemplate,
  cutTemplate,
  expectedAcceptance,
  paperTemplate,
  searchTemplate,
  type Template,
  templateOf,
} from './template.ts'

/** Largest expected acceptance of any tree of `nodes` nodes, by trying all of them. */
function bestOfAll(rates: AcceptanceRates, nodes: number): number {
  const seen = new Set<string>()
  let best = 0
  const grow = (paths: readonly string[]): void => {
    const key = [...paths].sort().join('|')
    if (seen.has(key)) return
    seen.add(key)
    // The sum of the products along the paths, by the definition.
    const worth = (path: string): number =>
      [...path].reduce((product, rank, depth) => product * (rates[depth]?.[Number(rank)] ?? 0), 1)
    best = Math.max(
      best,
      paths.reduce((sum, path) => sum + worth(path), 0),
    )
    if (paths.length === nodes) return
    for (const parent of ['', ...paths]) {
      for (let rank = 0; rank < (rates[parent.length] ?? []).length; rank++) {
        if (!paths.includes(parent + rank)) grow([...paths, parent + rank])
      }
    }
  }
  grow([])
  return best
}

const rate = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }))
const levels = fc.array(fc.array(rate, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })

it('finds the best tree of all, in an order whose every prefix is the best of its size', () => {
  fc.assert(
    fc.property(levels, fc.integer({ min: 1, max: 5 }), (rates, nodes) => {
      fc.pre(rates[0]!.some((share) => share > 0))
      const template = searchTemplate(rates, nodes)
      checkTemplate('test', template, 3)
      for (let size = 1; size <= template.parents.length; size++) {
        expect(expectedAcceptance(cutTemplate(template, size), rates)).toBeCloseTo(bestOfAll(rates, size), 12)
      }
      if (template.parents.length < nodes) {
        expect(expectedAcceptance(template, rates)).toBeCloseTo(bestOfAll(rates, nodes), 12)
      }
    }),
    { numRuns: 150 },
  )
})

it('has the levels and leaves of the paper’s template 2.2.2', () => {
  const { depths, parents } = paperTemplate()
  const sizes = [1, 2, 3, 4, 5, 6].map((level) => depths.filter((depth) => depth === level).length)
  expect(sizes).toEqual([8, 21, 25, 15, 8, 3])
  expect(Array.from(parents, (_, node) => node).filter((node) => !parents.includes(node)).length).toBe(40)
  expect([...depths]).toEqual([...depths].sort())
})

it('reads paths of ranks', () => {
  const { parents, ranks, depths } = templateOf([[0], [1], [0, 0], [0, 1], [1, 0]])
  expect([...parents]).toEqual([-1, -1, 0, 0, 1])
  expect([...ranks]).toEqual([0, 1, 0, 1, 0])
  expect([...depths]).toEqual([1, 1, 2, 2, 2])
})

it('refuses what is no tree of ranks', () => {
  for (const paths of [[[0, 0]], [[0], [0]], [[]], [[-1]], [[0.5]], [[1], [0, 1]]]) {
    expect(() => templateOf(paths)).toThrow(ForetokenError)
  }
  const forms: [number[], number[], number[]][] = [
    [[], [], []],
    [
      [-1, 1],
      [0, 0],
      [1, 2],
    ],
    [
      [-1, 0],
      [0, 0],
      [1, 1],
    ],
    [
      [-1, -1],
      [0, 0],
      [1, 1],
    ],
    [[-1], [8], [1]],
    [[-1], [0, 1], [1]],
  ]
  for (const [parents, ranks, depths] of forms) {
    const template: Template = {
      parents: Int32Array.from(parents),
      ranks: Int32Array.from(ranks),
      depths: Int32Array.from(depths),
    }
    expect(() => checkTemplate('test', template, 8)).toThrow(/test: "template"/)
  }
  expect(() => searchTemplate([[0.5]], 0)).toThrow(ForetokenError)
  expect(() => searchTemplate([[1.5]], 3)).toThrow(ForetokenError)
  expect(() => searchTemplate([[0]], 3)).toThrow(/measure/)
})
