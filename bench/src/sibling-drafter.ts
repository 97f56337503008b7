import {
  categorical,
  type Draft,
  type Drafter,
  type Draws,
  type Law,
  type Model,
  SPEC_VERSION,
  softmax,
} from '@foretoken/core'
import { feed } from './model.ts'

export interface SiblingOptions {
  /** Writes the drafts at temperature 1; supports `attention:tree-mask`. */
  readonly model: Model
  /** Siblings at the first level. */
  readonly width: number
  /** `chosen`: the most probable tokens, as point masses. */
  readonly siblings: 'independent' | 'without-replacement' | 'chosen'
}

/**
 * The smallest trees that verifiers differ at: siblings at the first level and one child below each. Independent ones are
 * chains drawn apart, duplicates kept.
 */
export function siblingDrafter({ model, width, siblings }: SiblingOptions): Drafter {
  const { vocabularySize } = model
  let context = new Int32Array(0)
  const law = new Float32Array(vocabularySize)

  async function draft(room: number, draws: Draws): Promise<Draft> {
    await feed(model, context.subarray(model.length, -1))
    const { logits } = await model.step({ tokens: context.subarray(-1) })
    const rows = new Float32Array((width + 1) * vocabularySize)
    softmax(logits, 1, law)
    rows.set(law)
    model.commit(Int32Array.of(0))
    const first = Array.from({ length: width }, (_, i) => {
      const token =
        siblings === 'chosen' ? law.indexOf(law.reduce((a, b) => Math.max(a, b))) : drawn(law, draws.uniform(0, i))
      if (siblings !== 'independent') law[token] = 0
      return token
    })
    const top = new Int32Array(width).fill(-1)
    const rowOf = [...new Array<number>(width).fill(0)]
    const below: number[] = []
    if (room > 1) {
      const next = await model.step({ tokens: Int32Array.from(first), parents: top })
      rows.set(next.logits, vocabularySize)
      for (let i = 0; i < width; i++) {
        const row = rows.subarray((i + 1) * vocabularySize, (i + 2) * vocabularySize)
        softmax(row, 1, row)
        below.push(
          siblings === 'chosen' ? row.indexOf(row.reduce((a, b) => Math.max(a, b))) : drawn(row, draws.uniform(1, i)),
        )
        rowOf.push(i + 1)
      }
    }
    return {
      tokens: Int32Array.from([...first, ...below]),
      parents: Int32Array.from([...top, ...below.keys()]),
      q: siblings === 'chosen' ? { kind: 'point-mass' } : { kind: 'dense', rows, rowOf: Int32Array.from(rowOf) },
      ...(siblings === 'without-replacement' && { siblings }),
    }
  }

  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name: `siblings, ${siblings}`, requires: [] },
    begin(prompt) {
      model.rewind(0)
      context = Int32Array.from(prompt)
    },
    draft,
    commit({ tokens }) {
      context = Int32Array.of(...context, ...tokens)
    },
    dispose() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** A token of a law that may have lost some. */
function drawn(weights: Law, u: number): number {
  let mass = 0
  for (const weight of weights) mass += weight
  return categorical(weights, u, mass)
}
