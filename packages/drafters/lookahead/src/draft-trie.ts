import type { Draft } from '@foretoken/core'

/** A draft under construction whose siblings have different tokens, so that nothing is scored twice. */
export interface DraftTrie {
  readonly size: number
  /** The child of `parent` (−1: the last committed token) with `token`, added unless it is there. */
  add(parent: number, token: number): number
  /** Adds a path below the last committed token as far as `mostNodes` reach. */
  addPath(path: readonly number[], mostNodes: number): void
  draft(): Draft
}

export function draftTrie(): DraftTrie {
  const tokens: number[] = []
  const parents: number[] = []

  function find(parent: number, token: number): number {
    for (let node = parent + 1; node < tokens.length; node++) {
      if (parents[node] === parent && tokens[node] === token) return node
    }
    return -1
  }

  function add(parent: number, token: number): number {
    const found = find(parent, token)
    if (found >= 0) return found
    parents.push(parent)
    return tokens.push(token) - 1
  }

  return {
    get size() {
      return tokens.length
    },
    add,
    addPath(path, mostNodes) {
      let node = -1
      for (const token of path) {
        const found = find(node, token)
        if (found < 0 && tokens.length >= mostNodes) return
        node = found >= 0 ? found : add(node, token)
      }
    },
    draft: () => ({ tokens: Int32Array.from(tokens), parents: Int32Array.from(parents), q: { kind: 'point-mass' } }),
  }
}
