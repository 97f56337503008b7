import { ForetokenError } from './errors.ts'

/** Probabilities or weights over the vocabulary. Generations use float32; proofs may use float64. */
export type Law = Float32Array | Float64Array

/** Largest value, [n]; −Infinity when there is none. NaN is never the largest. */
export function maximum(values: Law): number {
  let best = -Infinity
  for (let i = 0; i < values.length; i++) if (values[i]! > best) best = values[i]!
  return best
}

/**
 * Index of the largest value, the lowest on ties. Looks at eight values at a time, since a new largest one is rare: this
 * is what a greedy round spends its time on.
 * @throws EMPTY_SUPPORT when every value is −Infinity or NaN.
 */
export function argmax(values: Law): number {
  const { length } = values
  let best = -Infinity
  let at = -1
  for (let i = 0; i < length; i += 8) {
    if (
      i + 8 > length ||
      values[i]! > best ||
      values[i + 1]! > best ||
      values[i + 2]! > best ||
      values[i + 3]! > best ||
      values[i + 4]! > best ||
      values[i + 5]! > best ||
      values[i + 6]! > best ||
      values[i + 7]! > best
    ) {
      for (let j = i; j < i + 8 && j < length; j++) {
        if (values[j]! > best) {
          best = values[j]!
          at = j
        }
      }
    }
  }
  if (at < 0) throw emptySupport()
  return at
}

/**
 * Softmax of `logits / temperature`, [vocabularySize], into `out`, which may be `logits` itself. The maximum is subtracted
 * first and the sum is kept in float64. −Infinity gets probability 0.
 * @param temperature Above 0; at 0 the law is a point mass at `argmax`.
 * @returns The logarithm of the normaliser: `log p(x) = logits[x] / temperature − result`.
 * @throws EMPTY_SUPPORT when every logit is masked; BACKEND_FAILED when one is NaN or +Infinity.
 */
export function softmax(logits: Law, temperature: number, out: Law): number {
  const top = maximum(logits)
  if (top === -Infinity) throw emptySupport()
  const scale = 1 / temperature
  let sum = 0
  for (let i = 0; i < logits.length; i++) {
    const weight = Math.exp((logits[i]! - top) * scale)
    out[i] = weight
    sum += weight
  }
  if (!(sum > 0 && sum < Infinity)) throw notFinite()
  const inverse = 1 / sum
  for (let i = 0; i < out.length; i++) out[i]! *= inverse
  return top * scale + Math.log(sum)
}

/** Logarithm of the sum of `exp(logits / temperature)`, kept in float64. Throws as `softmax`. */
export function logSumExp(logits: Law, temperature = 1): number {
  const top = maximum(logits)
  if (top === -Infinity) throw emptySupport()
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i]! - top) / temperature)
  if (!(sum > 0 && sum < Infinity)) throw notFinite()
  return top / temperature + Math.log(sum)
}

function emptySupport(): ForetokenError {
  return new ForetokenError('EMPTY_SUPPORT', 'Every token is masked; at least one must stay possible.', {
    fix: 'Loosen the logits processors: together they forbid the whole vocabulary.',
  })
}

function notFinite(): ForetokenError {
  return new ForetokenError(
    'BACKEND_FAILED',
    'The logits hold NaN or +Infinity; finite numbers or −Infinity were expected.',
    {
      fix: 'Check the checkpoint and the logits processors.',
    },
  )
}
