/**
 * Pool adjacent violators (Ayer et al., 1955): the non-decreasing sequence nearest to `values` in weighted least squares.
 * Works in place; entries of weight 0 take the value of the block they fall into.
 * @param values @param weights [n], weights at least 0.
 */
export function isotonic(values: Float64Array, weights: Float64Array): void {
  const count = values.length
  // Blocks as (mean, weight, end); kept as stacks over the arrays of one call.
  const means: number[] = []
  const masses: number[] = []
  const ends: number[] = []
  for (let i = 0; i < count; i++) {
    let mean = values[i]!
    let mass = weights[i]!
    while (means.length > 0 && means.at(-1)! >= mean) {
      const before = means.pop()!
      const beforeMass = masses.pop()!
      ends.pop()
      const sum = mass + beforeMass
      mean = sum > 0 ? (mean * mass + before * beforeMass) / sum : Math.min(mean, before)
      mass = sum
    }
    means.push(mean)
    masses.push(mass)
    ends.push(i)
  }
  let from = 0
  for (let block = 0; block < means.length; block++) {
    values.fill(means[block]!, from, ends[block]! + 1)
    from = ends[block]! + 1
  }
}
