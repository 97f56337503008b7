import type { Law } from './softmax.ts'

/**
 * Inverse-CDF draw: the first token whose cumulative weight exceeds `u · mass`.
 * @param weights Non-negative, [vocabularySize].
 * @param u Uniform in [0, 1).
 * @param mass Sum of `weights`; 1 for probabilities. What rounding leaves over goes to the last possible token.
 * @param factor By which weights are multiplied first, each rounded to float32, as if a row were scaled in place. Default 1: as they are.
 * @returns A token of positive weight, or −1 when there is none.
 */
export function categorical(weights: Law, u: number, mass = 1, factor = 1): number {
  const goal = u * mass
  let sum = 0
  let last = -1
  for (let i = 0; i < weights.length; i++) {
    const weight = factor === 1 ? weights[i]! : Math.fround(weights[i]! * factor)
    if (weight > 0) {
      sum += weight
      last = i
      if (sum > goal) return i
    }
  }
  return last
}
