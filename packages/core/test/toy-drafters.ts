import { type Draft, type Drafter, SPEC_VERSION } from '../src/index.ts'

const base = { specVersion: SPEC_VERSION, kind: 'drafter', requires: ['logits:all-positions'] } as const

/** A drafter from one function; it knows the context so far. */
export function toyDrafter(
  draft: (context: readonly number[], room: number, uniform: (offset: number, index?: number) => number) => Draft,
  name = 'toy',
): Drafter {
  let context: number[] = []
  return {
    manifest: { ...base, name },
    begin(prompt) {
      context = [...prompt]
    },
    draft: (room, draws) => draft(context, room, draws.uniform),
    commit(committed) {
      context.push(...committed.tokens)
    },
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** Drafts tokens drawn uniformly, with an honest dense q. */
export function uniformChain(vocabularySize: number, levels = 3): Drafter {
  return toyDrafter((_, room, uniform) => {
    const count = Math.min(room, levels)
    const tokens = Int32Array.from({ length: count }, (__, i) => Math.floor(uniform(i) * vocabularySize))
    return { tokens, q: { kind: 'dense', rows: new Float32Array(count * vocabularySize).fill(1 / vocabularySize) } }
  }, 'uniform-chain')
}

/** Drafts a full tree of the lowest tokens, point masses. */
export function pointTree(width = 2, levels = 3): Drafter {
  return toyDrafter((_, room) => {
    const tokens: number[] = []
    const parents: number[] = []
    let level = [-1]
    for (let depth = 0; depth < Math.min(room, levels); depth++) {
      const next: number[] = []
      for (const parent of level) {
        for (let token = 0; token < width; token++) {
          next.push(tokens.length)
          tokens.push(token)
          parents.push(parent)
        }
      }
      level = next
    }
    return { tokens: Int32Array.from(tokens), parents: Int32Array.from(parents), q: { kind: 'point-mass' } }
  }, 'point-tree')
}
