import type { Model } from '@foretoken/core'
import { checkBits, checkEqual, checkNear } from './assertions.ts'
import { numbers } from './toy-laws.ts'

/** How the logits of two ways to the same row are compared. */
export type Compare = (actual: Float32Array, expected: Float32Array, what: string) => void

/** Bits where the model declares `rows:exact`, else `tolerance`. */
export function comparison(model: Model, tolerance: number): Compare {
  if (model.supports.has('rows:exact')) return checkBits
  return (actual, expected, what) => checkNear(actual, expected, tolerance, what)
}

/** Rows [0, count). */
export function firstRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row)
}

/**
 * Feeds and commits a chain in steps of `split` rows.
 * @returns Logits after each token, [tokens, vocabularySize].
 */
export async function feedChain(model: Model, tokens: Int32Array, split: number): Promise<Float32Array> {
  const rows = Math.min(split, model.maximumRows)
  const logits = new Float32Array(tokens.length * model.vocabularySize)
  for (let from = 0; from < tokens.length; from += rows) {
    const chunk = tokens.subarray(from, from + rows)
    const output = await model.step({ tokens: chunk })
    checkEqual(output.rows, chunk.length, 'StepOutput.rows')
    checkEqual(output.logits.length, chunk.length * model.vocabularySize, 'Length of the logits')
    logits.set(output.logits, from * model.vocabularySize)
    model.commit(firstRows(chunk.length))
  }
  return logits
}

/** A random tree of `count` rows, children after parents; the first three rows hang on the prefix, two of them branch. */
export function randomParents(count: number, seed: number): Int32Array {
  const next = numbers(seed)
  return Int32Array.from({ length: count }, (_, row) => (row < 2 ? -1 : Math.floor(next() * (row + 1)) - 1))
}

/** Rows from the root to `row`. */
export function pathOf(parents: Int32Array, row: number): Int32Array {
  const path: number[] = []
  for (let at = row; at >= 0; at = parents[at]!) path.push(at)
  return Int32Array.from(path.reverse())
}

/** Row `row` of [rows, vocabularySize]. */
export function rowAt(logits: Float32Array, row: number, vocabularySize: number): Float32Array {
  return logits.subarray(row * vocabularySize, (row + 1) * vocabularySize)
}
