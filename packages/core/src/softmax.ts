import { ForetokenError } from './errors.ts'

/** Probabilities or weights over the vocabulary. Generations use float32; proofs may use float64. */
export type Law = Float32Array | Float64Array

/** Largest value, [n]; −Infinity when there is none. NaN is never the largest. */
export function maximum(values: Law): number {
  let best = -Infinity
  for (let i = 0; i < values.length; i++) if (values[i]! > best) best = values[i]!
  return best
}

/** Powers of two down to 2^−150, below which float32 has no positive number, 64 to an octave. */
const STEPS = 64
const POWERS: Float64Array = /* @__PURE__ */ powers()
const PER_UNIT = STEPS / Math.LN2
const UNIT = Math.LN2 / STEPS
const LEAST = -150 * Math.LN2
/** Added and taken off again, it rounds a double to an integer. */
const ROUND = 1.5 * 2 ** 52

function powers(): Float64Array {
  return Float64Array.from({ length: 150 * STEPS + 1 }, (_, n) => 2 ** (-n / STEPS))
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
 * e^x for x ≤ 0, to 4e-14 of its value; 0 below 2^−150. exp(x) = 2^(−n/64) · exp(d), with a table for the power and a polynomial of
 * degree 4 for |d| ≤ ln 2 / 128: four times faster than `Math.exp`, whose last bits differ between engines.
 */
function exponential(x: number): number {
  if (x < LEAST) return 0
  const n = ROUND - x * PER_UNIT - ROUND
  const d = x + n * UNIT
  return POWERS[n | 0]! * (1 + d * (1 + d * (1 / 2 + d * (1 / 6 + d * (1 / 24)))))
}

/**
 * The numerators of a softmax: `out[x] = exp((logits[x] − top) / temperature)`, [vocabularySize]; `out` may be `logits` itself.
 * @param top The largest logit.
 * @returns Their sum, kept in float64. Throws as `softmax`.
 */
export function softmaxWeights(
  logits: Law,
  temperature: number,
  out: Law,
  top: number = logits[argmax(logits)]!,
): number {
  const scale = 1 / temperature
  const last = logits.length - 1
  let even = 0
  let odd = 0
  // Two at a time: the processor works on both at once.
  for (let i = 0; i < last; i += 2) {
    const weight = exponential((logits[i]! - top) * scale)
    const next = exponential((logits[i + 1]! - top) * scale)
    out[i] = weight
    out[i + 1] = next
    even += weight
    odd += next
  }
  if (last % 2 === 0) {
    const weight = exponential((logits[last]! - top) * scale)
    out[last] = weight
    even += weight
  }
  const sum = even + odd
  if (!(sum > 0 && sum < Infinity)) throw notFinite()
  return sum
}

/**
 * Softmax of `logits / temperature`, [vocabularySize], into `out`, which may be `logits` itself. −Infinity gets probability 0.
 * @param temperature Above 0; at 0 the law is a point mass at `argmax`.
 * @returns The logarithm of the normaliser: `log p(x) = logits[x] / temperature − result`.
 * @throws EMPTY_SUPPORT when every logit is masked; BACKEND_FAILED when one is NaN or +Infinity.
 */
export function softmax(logits: Law, temperature: number, out: Law): number {
  const top = logits[argmax(logits)]!
  const sum = softmaxWeights(logits, temperature, out, top)
  scaleBy(out, 1 / sum)
  return top / temperature + Math.log(sum)
}

/** Multiplies in place. */
export function scaleBy(values: Law, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i]! *= factor
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
  const fix = 'Loosen the logits processors: together they forbid the whole vocabulary.'
  return new ForetokenError('EMPTY_SUPPORT', 'Every token is masked; at least one must stay possible.', { fix })
}

function notFinite(): ForetokenError {
  const message = 'The logits hold NaN or +Infinity; finite numbers or −Infinity were expected.'
  return new ForetokenError('BACKEND_FAILED', message, { fix: 'Check the checkpoint and the logits processors.' })
}
