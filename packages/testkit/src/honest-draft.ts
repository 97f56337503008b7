import { type Draft, type Drafter, draftRow, parentOf, rowOf } from '@foretoken/core'
import { check } from './assertions.ts'
import type { ToyModel } from './toy-model.ts'
import { lawOverUniforms } from './uniform-cells.ts'

/** Drafts are float32; a law drawn from one is exact to a few units of its last place. */
const TOLERANCE = 1e-6

/**
 * Compares q with the law that the drafter really draws from. All uniforms are enumerated: given everything drafted
 * before a node, its token must follow the row that the draft declares for it. That also catches tokens that were dropped
 * after a look at them, and uniforms that serve twice. A point mass may be chosen in any way.
 */
export async function checkHonesty(
  create: () => Drafter | Promise<Drafter>,
  target: () => ToyModel,
  prompt: Int32Array,
  room: number,
): Promise<void> {
  const { vocabularySize } = target()
  const model = target()
  const law = await lawOverUniforms(async (uniform) => {
    await using drafter = await create()
    await drafter.begin(prompt, model)
    const draft = await drafter.draft(room, { uniform: (offset, index = 0) => uniform(`${offset} ${index}`) })
    return JSON.stringify(describe(draft, vocabularySize))
  })
  const groups = new Map<string, { row: number[]; shares: number[] }>()
  for (const [key, probability] of law) {
    const nodes = JSON.parse(key) as Described[]
    for (const [i, { token, row, ...place }] of nodes.entries()) {
      if (row === undefined) continue
      const past = nodes.slice(0, i).map((node) => [node.token, node.parent])
      const name = JSON.stringify([past, place, row])
      const group = groups.get(name) ?? { row, shares: new Array<number>(vocabularySize).fill(0) }
      group.shares[token]! += probability
      groups.set(name, group)
    }
  }
  for (const [name, { row, shares }] of groups) compareLaws(row, shares, name)
}

interface Described {
  readonly token: number
  readonly parent: number
  /** What the token may be drawn from, given its earlier siblings; absent for a point mass. */
  readonly row?: number[]
}

function describe(draft: Draft, vocabularySize: number): Described[] {
  return Array.from(draft.tokens, (token, node) => {
    const parent = parentOf(draft, node)
    if (draft.q.kind === 'point-mass') return { token, parent }
    const row = Array.from(draftRow(draft, node, new Float32Array(vocabularySize)))
    if (draft.siblings === 'without-replacement') {
      for (let other = 0; other < node; other++) {
        const isSibling = parentOf(draft, other) === parent && rowOf(draft, other) === rowOf(draft, node)
        if (isSibling) row[draft.tokens[other]!] = 0
      }
    }
    const sum = row.reduce((a, b) => a + b, 0)
    return { token, parent, row: row.map((share) => Math.round((share / sum) * 1e7) / 1e7) }
  })
}

function compareLaws(row: readonly number[], shares: readonly number[], name: string): void {
  const sum = shares.reduce((a, b) => a + b, 0)
  for (const [token, share] of row.entries()) {
    const drawn = shares[token]! / sum
    check(
      Math.abs(drawn - share) <= TOLERANCE + TOLERANCE / sum,
      `The draft is not honest: token ${token} is drawn with probability ${drawn}, q says ${share}; after ${name}.`,
    )
  }
}
