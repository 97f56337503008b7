import { type Draft, type Drafter, type Manifest, rng, SPEC_VERSION } from '@foretoken/core'

const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'drafter',
  name: 'known-answer-tree',
  requires: ['attention:tree-mask', 'kv:gather'],
}

/** Nodes of one tree at most. */
const NODES = 12

/**
 * Drafts random trees in which some path follows a known answer for a while: every round feeds another shape, rejects some
 * branches and gathers a scattered path. It checks identity; it speeds up nothing that is not known already.
 * @param answer What plain decoding gave, [tokens].
 */
export function knownAnswerTree(answer: Int32Array, vocabularySize: number, seed: number): Drafter {
  const { uniform } = rng(seed)
  let done = 0
  return {
    manifest,
    begin() {
      done = 0
    },
    draft(room): Draft {
      let drawn = 0
      const random = (below: number): number => Math.floor(uniform(0, done, drawn++) * below)
      const parents: number[] = []
      const tokens: number[] = []
      const depths: number[] = []
      /** Node at which the answer goes on, and how much of it the tree holds. */
      let [tip, right] = [-1, 0]
      const count = Math.min(NODES, random(NODES + 1))
      for (let node = 0; node < count; node++) {
        const follows = random(3) > 0 && done + right < answer.length
        const parent = follows ? tip : random(node + 1) - 1
        const depth = parent < 0 ? 1 : depths[parent]! + 1
        if (depth > room) break
        const token = follows ? answer[done + right]! : random(vocabularySize)
        if (isTwin(tokens, parents, token, parent)) break
        if (follows) [tip, right] = [node, right + 1]
        parents.push(parent)
        tokens.push(token)
        depths.push(depth)
      }
      return { tokens: Int32Array.from(tokens), parents: Int32Array.from(parents), q: { kind: 'point-mass' } }
    },
    commit({ tokens }) {
      done += tokens.length
    },
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** Whether a sibling has the same token already. */
function isTwin(tokens: readonly number[], parents: readonly number[], token: number, parent: number): boolean {
  return tokens.some((other, node) => other === token && parents[node] === parent)
}
