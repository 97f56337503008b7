import { type Capability, ForetokenError, type Model } from '@foretoken/core'

/** Bytes of logits of one pass: 128 rows of 49,152 stay below. */
const MOST_BYTES = 2 ** 25

const REQUIRED: readonly Capability[] = ['rows:exact', 'logits:all-positions']

/** What the target says after one token; borrowed until the next one. */
export interface ScoredRow {
  /** [vocabularySize]; empty where `argmax` stands in for it. */
  readonly logits: Float32Array
  /** [1] */
  readonly argmax?: Int32Array
}

/**
 * The rows after each token from number `from` on, in order. Feeds `tokens` from the beginning to a fork, many rows at a
 * time.
 * @throws CAPABILITY_MISSING when rows fed together may differ from rows fed alone. ABORTED.
 */
export async function* scoredRows(
  model: Model,
  tokens: Int32Array,
  from: number,
  wants: 'logits' | 'argmax',
  signal: AbortSignal | undefined,
): AsyncGenerator<ScoredRow, void, undefined> {
  const missing = REQUIRED.find((capability) => !model.supports.has(capability))
  if (missing !== undefined) throw inexact(missing)
  const { vocabularySize } = model
  const chunk = Math.max(1, Math.min(model.maximumRows, Math.floor(MOST_BYTES / (4 * vocabularySize))))
  await using state = model.fork()
  state.rewind(0)
  for (let start = 0; start < tokens.length; start += chunk) {
    throwIfAborted(signal)
    const rows = tokens.subarray(start, start + chunk)
    const all = Int32Array.from(rows.keys())
    const asked = all.subarray(Math.min(rows.length, Math.max(0, from - start)))
    const { logits, argmax } = await state.step({ tokens: rows, logitsFor: asked, wants })
    for (let i = 0; i < asked.length; i++) {
      yield {
        logits: logits.subarray(i * vocabularySize, (i + 1) * vocabularySize),
        ...(argmax && { argmax: argmax.subarray(i, i + 1) }),
      }
    }
    state.commit(all)
  }
}

function inexact(capability: Capability): ForetokenError {
  return new ForetokenError('CAPABILITY_MISSING', `Receipts require "${capability}"; the model does not support it.`, {
    fix: 'Load the model on a backend whose rows are exact, such as @foretoken/backend-node.',
    details: { name: 'receipt', capability },
  })
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new ForetokenError('ABORTED', 'The check of a receipt was aborted by its signal.', {
    fix: 'Call again: nothing was changed.',
    cause: signal.reason,
  })
}
