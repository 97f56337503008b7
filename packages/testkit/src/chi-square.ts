/** Result of a chi-square test of goodness of fit. */
export interface ChiSquare {
  readonly statistic: number
  readonly degrees: number
  /** Probability of a statistic at least this large under the law; 0 when something impossible was counted. */
  readonly pValue: number
}

/** Bins with a smaller expected count are pooled. */
const LEAST_EXPECTED = 5

/**
 * Pearson's test of counts against a law. Bins that are expected fewer than five times are pooled into one.
 * @param counts How often each outcome was seen, [outcomes].
 * @param law Probability of each outcome, [outcomes]; sums to 1.
 * @example
 * expect(chiSquare(counts, law).pValue).toBeGreaterThan(0.001)
 */
export function chiSquare(counts: ArrayLike<number>, law: ArrayLike<number>): ChiSquare {
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i]!
  let statistic = 0
  let bins = 0
  let pooledCount = 0
  let pooledExpected = 0
  for (let i = 0; i < counts.length; i++) {
    const expected = law[i]! * total
    if (expected === 0 && counts[i]! > 0) return { statistic: Infinity, degrees: 0, pValue: 0 }
    if (expected < LEAST_EXPECTED) {
      pooledCount += counts[i]!
      pooledExpected += expected
      continue
    }
    statistic += (counts[i]! - expected) ** 2 / expected
    bins++
  }
  if (pooledExpected > 0) {
    statistic += (pooledCount - pooledExpected) ** 2 / pooledExpected
    bins++
  }
  const degrees = bins - 1
  return { statistic, degrees, pValue: degrees < 1 ? 1 : upperGamma(degrees / 2, statistic / 2) }
}

/** Regularised upper incomplete gamma function Q(a, x): series below a + 1, Lentz's continued fraction above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; n < 10_000 && term > sum * 1e-16; n++) {
      term *= x / (a + n)
      sum += term
    }
    return 1 - scale * sum
  }
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 10_000; n++) {
    const numerator = -n * (n - a)
    b += 2
    d = 1 / (numerator * d + b)
    c = b + numerator / c
    fraction *= c * d
    if (Math.abs(c * d - 1) < 1e-15) break
  }
  return scale * fraction
}

/** Logarithm of the gamma function for a > 0: Stirling's series after shifting the argument above 10. */
function logGamma(a: number): number {
  let shift = 0
  let x = a
  for (; x < 10; x++) shift -= Math.log(x)
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7)
  return shift + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series
}
