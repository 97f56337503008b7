import type { Draft } from '@foretoken/core'

/** A draft tree that grows level by level, with the rows of q that its nodes were drawn from. Buffers last from draft to draft. */
export interface DraftTree {
  readonly tokens: number[]
  readonly parents: number[]
  clear(): void
  /** A new row, to be written: the law of the children of one node, [vocabularySize]. */
  addRow(): Float32Array
  /** Adds a node drawn from the row number `row`. */
  add(token: number, parent: number, row: number, confidence: number): void
  confidenceOf(node: number): number
  /** Rows so far. */
  readonly rows: number
  /**
   * The draft; `q` is borrowed until the next `clear`.
   * @param siblings How they were drawn from their rows; nothing for point masses, whose rows are not told.
   */
  draft(siblings?: Draft['siblings']): Draft
}

export function draftTree(vocabularySize: number): DraftTree {
  const tokens: number[] = []
  const parents: number[] = []
  const rowOf: number[] = []
  const confidence: number[] = []
  let buffer = new Float32Array(4 * vocabularySize)
  let rows = 0
  return {
    tokens,
    parents,
    get rows() {
      return rows
    },
    clear() {
      for (const list of [tokens, parents, rowOf, confidence]) list.length = 0
      rows = 0
    },
    addRow() {
      const end = (rows + 1) * vocabularySize
      if (end > buffer.length) {
        const larger = new Float32Array(2 * buffer.length)
        larger.set(buffer)
        buffer = larger
      }
      return buffer.subarray(rows++ * vocabularySize, end)
    },
    add(token, parent, row, sureness) {
      tokens.push(token)
      parents.push(parent)
      rowOf.push(row)
      confidence.push(sureness)
    },
    confidenceOf: (node) => confidence[node]!,
    draft(siblings) {
      const shape = {
        tokens: Int32Array.from(tokens),
        parents: Int32Array.from(parents),
        confidence: Float32Array.from(confidence),
      }
      if (siblings === undefined) return { ...shape, q: { kind: 'point-mass' } }
      const q = {
        kind: 'dense',
        rows: buffer.subarray(0, rows * vocabularySize),
        rowOf: Int32Array.from(rowOf),
      } as const
      return { ...shape, q, siblings }
    },
  }
}
