/**
 * The adjacency matrix M of token recycling: for each token the k most probable next tokens of the last time the target read it,
 * whatever stood before. Its size is fixed at vocabularySize · k · 4 bytes (1.5 MB at 49,152 tokens and k = 8).
 */
import { checkInteger, checkKeys } from '@foretoken/core'
import { largestTokens } from './largest-tokens.ts'
import { loadRows, saveRows } from './saved-table.ts'

export interface AdjacencyTableOptions {
  /** Tokens of the target. */
  readonly vocabularySize: number
  /** k: successors kept for each token, 1 to 64. Default 8. */
  readonly width?: number
}

/** Successors of every token. Not tied to a generation: drafters that share one find it warm. */
export interface AdjacencyTable {
  readonly vocabularySize: number
  /** k: successors of a token. */
  readonly width: number
  /** The successor of `token` at `rank`, 0 for the most probable; −1 when none is known. */
  successor(token: number, rank: number): number
  /** Replaces the successors of `token` by the largest of `row`, logits of the token after it, [vocabularySize]. */
  learn(token: number, row: Float32Array): void
  /** Puts `next` before the other successors of `token`; the last one drops out when the row is full. */
  promote(token: number, next: number): void
  /** Forgets everything. */
  clear(): void
  /** The known rows with a checksum: 4 · (k + 1) bytes for each, and 28. */
  save(): Uint8Array
}

/**
 * An empty table.
 * @throws BAD_OPTION
 * @example
 * const table = adjacencyTable({ vocabularySize: model.vocabularySize })
 * const drafter = tokenRecycling({ table }) // each generation finds what the ones before left
 */
export function adjacencyTable(options: AdjacencyTableOptions): AdjacencyTable {
  checkKeys('adjacencyTable', options, ['vocabularySize', 'width'])
  const { vocabularySize, width = 8 } = options
  // Below 2^21 tokens of at most 64 successors each, offsets stay 32-bit integers.
  checkInteger('adjacencyTable', 'vocabularySize', vocabularySize, 1, 2 ** 21)
  checkInteger('adjacencyTable', 'width', width, 1, 64)
  return tableOf(new Int32Array(vocabularySize * width).fill(-1), vocabularySize, width)
}

/**
 * The table that `save` wrote.
 * @param bytes Any view of the saved bytes; not kept.
 * @param vocabularySize Tokens of the target it is meant for.
 * @throws BAD_CHECKSUM when they were cut or changed, BAD_OPTION when they are no saved table, VOCABULARY_MISMATCH when it was made
 * for another vocabulary.
 */
export function loadAdjacencyTable(bytes: Uint8Array, vocabularySize: number): AdjacencyTable {
  checkInteger('loadAdjacencyTable', 'vocabularySize', vocabularySize, 1, 2 ** 21)
  const { successors, width } = loadRows(bytes, vocabularySize)
  return tableOf(successors, vocabularySize, width)
}

/** @param successors M, [vocabularySize, width]; owned. */
function tableOf(successors: Int32Array, vocabularySize: number, width: number): AdjacencyTable {
  const ids = new Int32Array(width)
  const values = new Float32Array(width)
  return {
    vocabularySize,
    width,
    successor: (token, rank) => successors[token * width + rank]!,
    learn(token, row) {
      largestTokens(row, ids, values)
      successors.set(ids, token * width)
    },
    promote(token, next) {
      const from = token * width
      let at = from
      while (at < from + width - 1 && successors[at] !== next && successors[at]! >= 0) at++
      successors.copyWithin(from + 1, from, at)
      successors[from] = next
    },
    clear() {
      successors.fill(-1)
    },
    save: () => saveRows(successors, vocabularySize, width),
  }
}
