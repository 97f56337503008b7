import type { DraftProbabilities } from '@foretoken/core'

/**
 * The rows of q of one draft, [rows, said tokens]. The buffers are kept from round to round and grow by doubling, so
 * that drafting allocates nothing of vocabulary size in the long run.
 */
export interface DraftRows {
  /** Row `i`, to be written; all earlier rows stay. */
  row(i: number): Float32Array
  /** Rows [0, count); borrowed until the next `row(0)`. */
  upTo(count: number): DraftProbabilities
}

/** @param vocabulary The token of each column, [size]; without it column and token are the same. */
export function draftRows(size: number, vocabulary?: Int32Array): DraftRows {
  let buffer = new Float32Array(4 * size)
  let ids = repeated(vocabulary, 4)
  return {
    row(i) {
      if ((i + 1) * size > buffer.length) {
        const larger = new Float32Array(2 * buffer.length)
        larger.set(buffer)
        buffer = larger
        ids = repeated(vocabulary, buffer.length / size)
      }
      return buffer.subarray(i * size, (i + 1) * size)
    },
    upTo(count) {
      const rows = buffer.subarray(0, count * size)
      if (ids === undefined) return { kind: 'dense', rows }
      const offsets = Int32Array.from({ length: count + 1 }, (_, row) => row * size)
      return { kind: 'sparse', ids: ids.subarray(0, rows.length), probabilities: rows, offsets }
    },
  }
}

function repeated(vocabulary: Int32Array | undefined, times: number): Int32Array | undefined {
  if (vocabulary === undefined) return undefined
  const ids = new Int32Array(times * vocabulary.length)
  for (let i = 0; i < times; i++) ids.set(vocabulary, i * vocabulary.length)
  return ids
}
