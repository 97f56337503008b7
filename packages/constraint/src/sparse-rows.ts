import type { Draft } from '@foretoken/core'

/** Rows of a draft's q, in buffers that are kept. */
export interface SparseRows {
  /** Whether a row of this draft lost something. */
  readonly isRestricted: boolean
  clear(): void
  /**
   * Adds a law restricted to the tokens of a mask, summing to 1 again.
   * @param read Gives the whole row, in `scratch` or elsewhere.
   * @returns Its number.
   */
  add(read: (scratch: Float32Array) => ArrayLike<number>, mask: Uint32Array): number
  /** Adds a point mass. */
  addPoint(token: number): number
  /** @param rowOf Row of each node, [nodes]. */
  law(rowOf: readonly number[]): Draft['q']
}

export function sparseRows(vocabularySize: number): SparseRows {
  const scratch = new Float32Array(vocabularySize)
  const offsets = [0]
  let ids = new Int32Array(256)
  let probabilities = new Float32Array(256)
  let count = 0
  let isRestricted = false

  function push(id: number, probability: number): void {
    if (count === ids.length) {
      const [moreIds, more] = [new Int32Array(2 * count), new Float32Array(2 * count)]
      moreIds.set(ids)
      more.set(probabilities)
      ;[ids, probabilities] = [moreIds, more]
    }
    ids[count] = id
    probabilities[count++] = probability
  }

  return {
    get isRestricted() {
      return isRestricted
    },
    clear() {
      offsets.length = 1
      count = 0
      isRestricted = false
    },
    add(read, mask) {
      const row = read(scratch)
      const start = count
      let kept = 0
      for (let id = 0; id < row.length; id++) {
        const probability = row[id]!
        if (probability === 0) continue
        if ((mask[id >> 5]! & (1 << (id & 31))) === 0) isRestricted = true
        else {
          kept += probability
          push(id, probability)
        }
      }
      for (let k = start; k < count; k++) probabilities[k]! /= kept
      return offsets.push(count) - 2
    },
    addPoint(token) {
      push(token, 1)
      return offsets.push(count) - 2
    },
    law: (rowOf) => ({
      kind: 'sparse',
      ids: ids.subarray(0, count),
      probabilities: probabilities.subarray(0, count),
      offsets: Int32Array.from(offsets),
      rowOf: Int32Array.from(rowOf),
    }),
  }
}
