import {
  argmax,
  categorical,
  type Draft,
  type Draws,
  type GoesOn,
  logSumExp,
  type Model,
  softmax,
} from '@foretoken/core'

/**
 * Writes a chain of at most `levels` tokens behind `last`, with a model whose cache lacks `last` only. Its rows stay in that cache.
 */
export type ChainWriter = (
  model: Model,
  last: number,
  levels: number,
  draws: Draws,
  goesOn: GoesOn | undefined,
) => Promise<Draft>

/** @param threshold A chain ends after a token less probable than this. */
export function chainWriter(vocabularySize: number, temperature: number, threshold: number): ChainWriter {
  let rows = new Float32Array(0)
  const rowAt = (level: number): Float32Array => {
    if ((level + 1) * vocabularySize > rows.length) {
      const larger = new Float32Array(Math.max(4 * vocabularySize, 2 * rows.length))
      larger.set(rows)
      rows = larger
    }
    return rows.subarray(level * vocabularySize, (level + 1) * vocabularySize)
  }
  return async (model, last, levels, draws, goesOn) => {
    const tokens: number[] = []
    const confidence: number[] = []
    for (let token = last; tokens.length < levels; ) {
      const { logits } = await model.step({ tokens: Int32Array.of(token) })
      model.commit(FIRST_ROW)
      if (temperature === 0) token = argmax(logits)
      else {
        const row = rowAt(tokens.length)
        softmax(logits, temperature, row)
        token = categorical(row, draws.uniform(tokens.length))
      }
      const sure = Math.exp(logits[token]! - logSumExp(logits))
      tokens.push(token)
      confidence.push(sure)
      if (sure < threshold || goesOn?.(sure) === false) break
    }
    const draft = { tokens: Int32Array.from(tokens), confidence: Float32Array.from(confidence) }
    if (temperature === 0) return { ...draft, q: POINT_MASS }
    return { ...draft, q: { kind: 'dense', rows: rows.subarray(0, tokens.length * vocabularySize) } }
  }
}

const POINT_MASS = { kind: 'point-mass' } as const
const FIRST_ROW = Int32Array.of(0)
