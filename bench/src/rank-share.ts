/**
 * The randomised probability integral transform of a draw, tokens ordered by falling probability: Σ p(y) over y before x,
 * plus `v` p(x). Uniform on [0, 1) when x follows p and `v` is uniform.
 * @param law Probabilities, [vocabularySize].
 * @param v Uniform in [0, 1).
 */
export function rankShare(law: Float32Array, token: number, v: number): number {
  const own = law[token]!
  let before = 0
  let total = 0
  for (let i = 0; i < law.length; i++) {
    const p = law[i]!
    total += p
    if (p > own || (p === own && i < token)) before += p
  }
  return Math.min((before + v * own) / total, 1 - Number.EPSILON)
}
