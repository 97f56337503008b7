import { ancestorMask, depthsOf, pathTo } from '@foretoken/core'
import { expect, it } from 'vitest'
import { draftTrie } from './draft-trie.ts'
import { lookaheadWindow } from './lookahead-window.ts'

/** The paper's window as lists of levels, with positions and mask as its code states them. */
interface Levels {
  past: number[][]
  /** A token never seen before, so that no two nodes merge. */
  readonly fresh: () => number
}

/** Level l, column j of the steady window: [token, position after the last token, tokens it sees]. */
function maskedRows(last: number, past: readonly number[][]): { token: number; depth: number; sees: number[] }[] {
  const row0 = [last, ...past[0]!]
  const rows = past[0]!.map((token, j) => ({ token, depth: 1 + j, sees: row0.slice(0, j + 2) }))
  for (let l = 1; l < past.length; l++) {
    past[l]!.forEach((token, j) => {
      const above = past.slice(1, l + 1).map((level) => level[j]!)
      rows.push({ token, depth: l + j, sees: [...row0.slice(0, j + 1), ...above] })
    })
  }
  return rows
}

/** One pass of the paper's code: fill, or shift by one. Returns the argmaxes that it read. */
function advance(levels: Levels, w: number, n: number): number[] {
  const { past, fresh } = levels
  const filled = past.length - 1
  const deepest = filled === 0 ? past[0]!.length + 1 : past[filled]!.length
  const next = Array.from({ length: deepest }, fresh)
  if (past.length < n - 1) levels.past = [...past.map((level) => level.slice(1)), next.slice(1)]
  else if (n === 2) levels.past = [next.slice(1)]
  else levels.past = [past[1]!.slice(1), ...past.slice(2), next]
  expect(next.length).toBeGreaterThanOrEqual(w)
  return next
}

it.each([
  [1, 2],
  [3, 2],
  [1, 3],
  [2, 3],
  [5, 3],
  [1, 5],
  [4, 5],
  [7, 4],
])('feeds the rows of the paper’s mask, W = %i, N = %i', (w, n) => {
  let count = 1000
  const fresh = () => ++count
  const levels: Levels = { past: [Array.from({ length: w + n - 3 }, (_, i) => i)], fresh }
  const window = lookaheadWindow(w, n, (i) => i)
  for (let pass = 0; pass < n + 4; pass++) {
    const last = fresh()
    const trie = draftTrie()
    const ends = window.place(trie.add)
    const draft = trie.draft()
    const depths = depthsOf(draft)
    const mask = ancestorMask(draft)
    const mine = Array.from(draft.tokens, (token, node) => ({
      token,
      depth: depths[node]!,
      sees: [last, ...draft.tokens.filter((_, other) => mask[node * draft.tokens.length + other] === 1)].sort(
        (a, b) => a - b,
      ),
    }))
    const expected = maskedRows(last, levels.past).map((row) => ({ ...row, sees: row.sees.sort((a, b) => a - b) }))
    const byToken = (a: { token: number }, b: { token: number }) => a.token - b.token
    expect(mine.sort(byToken)).toEqual(expected.sort(byToken))
    expect([window.nodes, window.depth]).toEqual([mine.length, Math.max(0, ...depths)])

    const { past } = levels
    const isSteady = past.length === n - 1
    expect(window.isFull).toBe(isSteady)
    const next = advance(levels, w, n)
    expect(ends.map((end) => pathTo(draft, end).length)).toEqual(next.map((_, j) => j + past.length - 1))
    const pooled: number[][] = []
    window.learn(last, next, (first, rest) => pooled.push([first, ...rest]))
    const keys = [last, ...past[0]!]
    const ngrams = next.map((token, j) => [keys[j]!, ...past.slice(1).map((level) => level[j]!), token])
    expect(pooled).toEqual(isSteady ? ngrams : [])
  }
})
