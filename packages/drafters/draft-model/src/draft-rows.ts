/**
 * The rows of q of one draft, [rows, vocabularySize]. The buffer is kept from round to round and grows by doubling, so
 * that drafting allocates nothing of vocabulary size in the long run.
 */
export interface DraftRows {
  /** Row `i`, to be written; all earlier rows stay. */
  row(i: number): Float32Array
  /** Rows [0, count), [count, vocabularySize]; borrowed until the next `row(0)`. */
  upTo(count: number): Float32Array
}

export function draftRows(vocabularySize: number): DraftRows {
  let buffer = new Float32Array(4 * vocabularySize)
  return {
    row(i) {
      if ((i + 1) * vocabularySize > buffer.length) {
        const larger = new Float32Array(2 * buffer.length)
        larger.set(buffer)
        buffer = larger
      }
      return buffer.subarray(i * vocabularySize, (i + 1) * vocabularySize)
    },
    upTo: (count) => buffer.subarray(0, count * vocabularySize),
  }
}
