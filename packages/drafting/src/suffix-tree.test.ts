import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type NodeTable, ROOT } from './node-table.ts'
import {
  appendToken,
  bestChild,
  closeSequence,
  forgetSuffix,
  locate,
  openSequence,
  type Sequence,
  type SuffixTree,
  suffixTree,
  tokenAt,
} from './suffix-tree.ts'

/** The definition: every remembered suffix of every sequence, oldest first, cut at the tree's depth. */
function suffixesOf(sequences: readonly Sequence[], depth: number): number[][] {
  return [...sequences]
    .sort((a, b) => a.serial - b.serial)
    .flatMap(({ text, start, length }) =>
      Array.from({ length: length - start }, (_, i) => [
        ...text.subarray(start + i, Math.min(start + i + depth, length)),
      ]),
    )
}

/** What follows `string`, with counts; on equal counts the one that occurred last comes last. */
function followers(suffixes: readonly number[][], string: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const suffix of suffixes) {
    if (suffix.length <= string.length || string.some((token, i) => suffix[i] !== token)) continue
    const token = suffix[string.length]!
    const count = (counts.get(token) ?? 0) + 1
    counts.delete(token)
    counts.set(token, count)
  }
  return counts
}

function mostFrequent(counts: ReadonlyMap<number, number>): number | undefined {
  let best: [number, number] | undefined
  for (const [token, count] of counts) if (best === undefined || count >= best[1]) best = [token, count]
  return best?.[0]
}

function checkTree(tree: SuffixTree, sequences: readonly Sequence[]): void {
  const suffixes = suffixesOf(sequences, tree.depth)
  const strings = new Map<string, number[]>()
  for (const suffix of suffixes)
    for (let n = 1; n <= suffix.length; n++) strings.set(suffix.slice(0, n).join(), suffix.slice(0, n))
  for (const string of strings.values()) {
    const node = locate(tree, Int32Array.of(9, ...string, 9), 1, string.length + 1)
    const isPrefix = (suffix: number[]) => string.every((token, i) => suffix[i] === token)
    expect(node === ROOT ? 0 : tree.nodes.count[node]).toBe(suffixes.filter(isPrefix).length)
    expect(Array.from(string, (_, i) => tokenAt(tree, node, i + 1))).toEqual(string)
    const next = mostFrequent(followers(suffixes, string))
    if (tree.nodes.depth[node]! > string.length) expect(tokenAt(tree, node, string.length + 1)).toBe(next)
    else if (next === undefined) expect(bestChild(tree, node)).toBe(ROOT)
    else expect(tree.nodes.token[bestChild(tree, node)]).toBe(next)
    const stranger = Int32Array.of(...string, 8)
    if (string.length < tree.depth) expect(locate(tree, stranger, 0, stranger.length)).toBe(ROOT)
  }
  expect(tree.nodes.size).toBeLessThanOrEqual(2 * suffixes.length + 1)
  checkNodes(tree.nodes, ROOT)
}

/** A node stands only where strings branch or a suffix ends: its count is not that of its only child. */
function checkNodes(nodes: NodeTable, node: number): void {
  const child = nodes.firstChild[node]!
  if (node !== ROOT) expect(nodes.count[node]).toBeGreaterThan(0)
  if (node !== ROOT && child !== ROOT && nodes.next[child] === ROOT) {
    expect(nodes.count[child]).toBeLessThan(nodes.count[node]!)
  }
  for (let each = child; each !== ROOT; each = nodes.next[each]!) checkNodes(nodes, each)
}

it('counts every string as the definition does, while sequences grow side by side and leave', () => {
  const step = fc.record({
    kind: fc.nat(9),
    which: fc.nat(2),
    token: fc.nat(2),
    length: fc.integer({ min: 1, max: 9 }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), fc.array(step, { maxLength: 25 }), (depth, steps) => {
      const tree = suffixTree(depth, 300)
      const living: Sequence[] = []
      for (const { kind, which, token, length } of steps) {
        if (kind === 0) for (const sequence of living.slice(0, 1)) closeSequence(sequence)
        else if (kind < 4 && living[0] !== undefined) {
          closeSequence(living[0])
          for (let i = 0; i < length && living[0]!.start < living[0]!.length; i++) forgetSuffix(tree, living[0]!)
          if (living[0].start === living[0].length) living.shift()
        } else {
          const open = living.filter((sequence) => sequence.loci !== undefined)
          const sequence = open[which] ?? openSequence(tree)
          if (open[which] === undefined) living.push(sequence)
          for (let i = 0; i < length; i++) appendToken(tree, sequence, (token * i) % 3)
        }
        checkTree(tree, living)
      }
      for (const sequence of living) {
        closeSequence(sequence)
        while (sequence.start < sequence.length) forgetSuffix(tree, sequence)
      }
      expect(tree.nodes.size).toBe(1)
      expect(tree.nodes.slots.every((node) => node === ROOT)).toBe(true)
    }),
    { numRuns: 150 },
  )
})

it('keeps to its nodes and its memory however long sequences come and go', () => {
  const tree = suffixTree(8, 200)
  const capacity = 2 * 200 + 2
  let living: Sequence[] = []
  let state = 1
  for (let round = 0; round < 60; round++) {
    const sequence = openSequence(tree)
    living.push(sequence)
    for (let i = 0; i < 50; i++) {
      state = (state * 48271) % 2147483647
      appendToken(tree, sequence, state % 7)
    }
    closeSequence(sequence)
    if (living.length === 4) {
      while (living[0]!.start < living[0]!.length) forgetSuffix(tree, living[0]!)
      living = living.slice(1)
    }
    expect(tree.nodes.count.length).toBeLessThanOrEqual(capacity)
    expect(tree.nodes.slots.length).toBeLessThanOrEqual(1024)
    expect(tree.sequences.length).toBeLessThanOrEqual(4)
  }
  checkTree(tree, living)
})
