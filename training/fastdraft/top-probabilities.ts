/** Most probable tokens that are kept of each row. */
export const KEPT = 64

/** Probabilities are stored in units of 2^−16. */
const UNITS = 65_535

/** Logits this far below the largest add nothing that a unit would show, even all together. */
const NEGLIGIBLE = 24

/**
 * The `KEPT` largest probabilities of a row of logits, in no particular order: ids into `ids`, [KEPT], probabilities in units of
 * 2^−16 into `units`, [KEPT]. A vocabulary has at most 65,536 tokens.
 */
export function topProbabilities(logits: Float32Array, ids: Uint16Array, units: Uint16Array): void {
  const { kept, largest } = largestTokens(logits)
  let sum = 0
  for (const logit of logits) if (logit > largest - NEGLIGIBLE) sum += Math.exp(logit - largest)
  for (let i = 0; i < KEPT; i++) {
    const id = kept[i]!
    ids[i] = id
    units[i] = Math.round((Math.exp(logits[id]! - largest) / sum) * UNITS)
  }
}

/** The ids of the `KEPT` largest logits: a heap whose root is the least of them. */
function largestTokens(logits: Float32Array): { readonly kept: Int32Array; readonly largest: number } {
  const heap = Int32Array.from({ length: KEPT }, (_, id) => id)
  for (let i = KEPT >> 1; i-- > 0; ) sink(heap, i, logits)
  let least = logits[heap[0]!]!
  for (let id = KEPT; id < logits.length; id++) {
    if (!(logits[id]! > least)) continue
    heap[0] = id
    sink(heap, 0, logits)
    least = logits[heap[0]!]!
  }
  const largest = heap.reduce((most, id) => Math.max(most, logits[id]!), -Infinity)
  return { kept: heap, largest }
}

function sink(heap: Int32Array, from: number, logits: Float32Array): void {
  for (let at = from; ; ) {
    const left = 2 * at + 1
    if (left >= heap.length) return
    const right = left + 1
    const child = right < heap.length && logits[heap[right]!]! < logits[heap[left]!]! ? right : left
    if (logits[heap[at]!]! <= logits[heap[child]!]!) return
    ;[heap[at], heap[child]] = [heap[child]!, heap[at]!]
    at = child
  }
}
