/**
 * The lookahead branch: W columns of Jacobi trajectories, N − 1 levels deep, as a tree below the last committed token.
 *
 * In the paper's mask, level 0 is a chain behind the last token, and the token of a deeper level in column j sees that chain up to
 * its own column and the tokens above it. So column j is a branch that hangs below position j of the chain, its depth is its
 * position, and the mask is the ancestor mask of a tree: parents say it all.
 *
 *   last ── s0 ── s1        spine: level 0, [W − 1]
 *    │      │     │
 *    a      b     c         columns: levels 1 to N − 2, [W, N − 2]
 *    d      e     f
 */

/** Adds a child of `parent` (−1: the last committed token) with `token`, or finds it; returns its node. */
export type AddNode = (parent: number, token: number) => number

export interface LookaheadWindow {
  /** Levels of the tree. */
  readonly depth: number
  /** Nodes of the tree, at most. */
  readonly nodes: number
  /** True when all levels are there: each pass then completes an n-gram in every column. */
  readonly isFull: boolean
  /** Adds the tree's nodes; returns the last node of each column, [columns]. The target's argmax there continues the column. */
  place(add: AddNode): number[]
  /**
   * Takes the continuation of each column, [columns], then moves on by one position.
   * @param complete Gets each column's n-gram, first token and rest, once the window is full.
   */
  learn(last: number, next: readonly number[], complete: (first: number, rest: readonly number[]) => void): void
}

/**
 * @param w Columns, W. @param n Tokens of an n-gram, N.
 * @param seed Token `i` of the first spine, [W + N − 3].
 */
export function lookaheadWindow(w: number, n: number, seed: (i: number) => number): LookaheadWindow {
  // It begins with N − 2 columns too many; each of the first N − 2 passes adds a level and loses the leftmost.
  let spine = Array.from({ length: w + n - 3 }, (_, i) => seed(i))
  let columns: (readonly number[])[] = Array.from({ length: spine.length + 1 }, () => [])
  const levels = (): number => columns[0]!.length
  const isFull = (): boolean => levels() === n - 2
  return {
    get depth() {
      return spine.length + levels()
    },
    get nodes() {
      return spine.length + columns.length * levels()
    },
    get isFull() {
      return isFull()
    },
    place(add) {
      let node = -1
      return columns.map((column, j) => {
        if (j > 0) node = add(node, spine[j - 1]!)
        return column.reduce(add, node)
      })
    },
    learn(last, next, complete) {
      const grown = columns.map((column, j) => [...column, next[j]!])
      if (!isFull()) {
        columns = grown.slice(1)
        spine = spine.slice(1)
        return
      }
      grown.forEach((rest, j) => {
        complete(j === 0 ? last : spine[j - 1]!, rest)
      })
      spine = grown.slice(1).map((rest) => rest[0]!)
      columns = grown.map((rest) => rest.slice(1))
    },
  }
}
