/**
 * Gaussian-process regression over sets of sub-layers.
 *
 * k(a, b) = (1 + √5 r + 5 r² / 3) exp(−√5 r), r = √h / l, h: in how many sub-layers a and b differ (Matérn 5/2);
 * with K = k(X, X) + α I and scores y brought to mean 0 and variance 1: mean(x) = k(x, X) K⁻¹ y, variance(x) = 1 − k(x, X) K⁻¹ k(X, x).
 * The length l is the one of `LENGTHS` under which y is most likely.
 */
export interface Observation {
  /** [subLayers], 0 or 1. */
  readonly set: Uint8Array
  readonly score: number
}

export interface Prediction {
  /** In units of the observed scores' deviation above their mean. */
  readonly mean: number
  readonly deviation: number
}

/** α: variance of a score's noise, in units of the scores' variance. */
const ALPHA = 1e-2
const LENGTHS: readonly number[] = [1, 2, 4, 8]

/** What the observations, at least one, tell about any set. */
export function gaussianProcess(observations: readonly Observation[]): (set: Uint8Array) => Prediction {
  const count = observations.length
  const mean = observations.reduce((sum, { score }) => sum + score, 0) / count
  const variance = observations.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / count
  const y = Float64Array.from(observations, ({ score }) => (score - mean) / Math.sqrt(variance || 1))
  const fits = LENGTHS.map((length) => fit(observations, y, length))
  const best = fits.reduce((a, b) => (b.likelihood > a.likelihood ? b : a))
  const row = new Float64Array(count)
  return (set) => {
    for (let i = 0; i < count; i++) row[i] = kernel(set, observations[i]!.set, best.length)
    const expected = row.reduce((sum, k, i) => sum + k * best.weights[i]!, 0)
    solveLower(best.factor, row)
    const explained = row.reduce((sum, v) => sum + v * v, 0)
    return { mean: expected, deviation: Math.sqrt(Math.max(0, 1 - explained)) }
  }
}

interface Fit {
  readonly length: number
  /** Lower Cholesky factor of K, [count, count] row-major. */
  readonly factor: Float64Array
  /** K⁻¹ y, [count]. */
  readonly weights: Float64Array
  /** log p(y), less a constant. */
  readonly likelihood: number
}

function fit(observations: readonly Observation[], y: Float64Array, length: number): Fit {
  const count = y.length
  const factor = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = kernel(observations[i]!.set, observations[j]!.set, length) + (i === j ? ALPHA : 0)
      for (let k = 0; k < j; k++) sum -= factor[i * count + k]! * factor[j * count + k]!
      factor[i * count + j] = i === j ? Math.sqrt(sum) : sum / factor[j * count + j]!
    }
  }
  const weights = y.slice()
  solveLower(factor, weights)
  let likelihood = 0
  for (let i = 0; i < count; i++) likelihood -= weights[i]! ** 2 / 2 + Math.log(factor[i * count + i]!)
  solveUpper(factor, weights)
  return { length, factor, weights, likelihood }
}

function kernel(a: Uint8Array, b: Uint8Array, length: number): number {
  let differences = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) differences++
  const s = Math.sqrt(5 * differences) / length
  return (1 + s + (s * s) / 3) * Math.exp(-s)
}

/** Solves L x = b in place. */
function solveLower(factor: Float64Array, b: Float64Array): void {
  const count = b.length
  for (let i = 0; i < count; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= factor[i * count + k]! * b[k]!
    b[i] = sum / factor[i * count + i]!
  }
}

/** Solves Lᵀ x = b in place. */
function solveUpper(factor: Float64Array, b: Float64Array): void {
  const count = b.length
  for (let i = count - 1; i >= 0; i--) {
    let sum = b[i]!
    for (let k = i + 1; k < count; k++) sum -= factor[k * count + i]! * b[k]!
    b[i] = sum / factor[i * count + i]!
  }
}
