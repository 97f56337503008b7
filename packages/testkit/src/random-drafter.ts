import { categorical, type Draft, type Drafter, type Draws, ForetokenError, SPEC_VERSION } from '@foretoken/core'
import { type ToyLogits, toyTable } from './toy-laws.ts'

export interface RandomDrafterOptions {
  readonly vocabularySize: number
  /** Levels of each draft, at most. Default 3. */
  readonly levels?: number
  /** Tokens proposed at each level; those after the first are siblings. Default 1: a chain. */
  readonly width?: number
  /** Law of the drafts by context. Default: a table of `seed`. */
  readonly logits?: ToyLogits
  readonly seed?: number
}

/** Drafts at random from a known law, with an honest dense q: a chain, or a chain whose levels have leaves beside it. */
export function randomDrafter(options: RandomDrafterOptions): Drafter {
  const { vocabularySize, levels = 3, width = 1 } = options
  const logits = options.logits ?? toyTable({ vocabularySize, seed: 1000 + (options.seed ?? 0) })
  let context: number[] = []
  let mostNodes = 0
  let isDisposed = false
  return {
    manifest: { specVersion: SPEC_VERSION, kind: 'drafter', name: 'random', requires: [] },
    begin(prompt, model) {
      if (isDisposed)
        throw new ForetokenError('DISPOSED', 'The random drafter was used after dispose.', { fix: 'Make one.' })
      if (model.vocabularySize !== vocabularySize) {
        const message = `The random drafter knows ${vocabularySize} tokens and the target ${model.vocabularySize}.`
        throw new ForetokenError('VOCABULARY_MISMATCH', message, { fix: 'Give both the same vocabulary.' })
      }
      context = [...prompt]
      mostNodes = model.maximumRows - 1
    },
    draft: (room, draws) => {
      const depth = Math.min(room, levels, Math.floor(mostNodes / width))
      return write({ context, logits, vocabularySize, depth, width }, draws)
    },
    commit({ tokens }) {
      context.push(...tokens)
    },
    dispose() {
      isDisposed = true
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
    },
  }
}

interface Plan {
  readonly context: readonly number[]
  readonly logits: ToyLogits
  readonly vocabularySize: number
  readonly depth: number
  readonly width: number
}

function write({ context, logits, vocabularySize, depth, width }: Plan, draws: Draws): Draft {
  const rows = new Float32Array(depth * vocabularySize)
  const nodes = depth * width
  const [tokens, parents, rowOf] = [new Int32Array(nodes), new Int32Array(nodes), new Int32Array(nodes)]
  const path: number[] = []
  for (let level = 0; level < depth; level++) {
    const row = rows.subarray(level * vocabularySize, (level + 1) * vocabularySize)
    row.set(lawOf(logits([...context, ...path])))
    for (let sibling = 0; sibling < width; sibling++) {
      const node = level * width + sibling
      tokens[node] = categorical(row, draws.uniform(level, sibling))
      parents[node] = level === 0 ? -1 : (level - 1) * width
      rowOf[node] = level
    }
    path.push(tokens[level * width]!)
  }
  return { tokens, ...(width > 1 && { parents }), q: { kind: 'dense', rows, rowOf } }
}

/** Softmax in float64. */
export function lawOf(logits: Float32Array): Float64Array {
  const weights = Float64Array.from(logits, Math.exp)
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}
