import type { Model } from '@foretoken/core'
import { sha256 } from './digest.ts'
import { scoredRows } from './scored-rows.ts'

/** Tokens probed: where anything differs, some of their thousands of logits do. */
const PROBES = 16

/** Steps through the vocabulary: a prime near the golden ratio of 2^32. */
const STRIDE = 2_654_435_761

/** The probe tokens of a vocabulary, [count], spread over it. */
export function probeTokens(vocabularySize: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => ((i + 1) * STRIDE) % vocabularySize)
}

/**
 * SHA-256 of the logits that a model gives for fixed tokens, to the last bit. Equal where model, graph, runtime and kind
 * of machine compute the same bits; rows are exact, so the number of threads or of rows at a time does not matter.
 * @throws CAPABILITY_MISSING without `rows:exact`. ABORTED.
 */
export async function fingerprintOf(model: Model, signal?: AbortSignal): Promise<string> {
  const { vocabularySize, contextLength } = model
  const probes = probeTokens(vocabularySize, Math.min(PROBES, contextLength))
  const logits = new Float32Array(probes.length * vocabularySize)
  let row = 0
  for await (const each of scoredRows(model, probes, 0, 'logits', signal)) {
    logits.set(each.logits, vocabularySize * row++)
  }
  return sha256(new Uint8Array(logits.buffer))
}
