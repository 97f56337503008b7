import { argmax, logSumExp } from '@foretoken/core'

/** How near a candidate's distributions are to a reference's on the same text. */
export interface Comparison {
  /** Positions compared. */
  readonly positions: number
  /** Mean Kullback-Leibler divergence from reference to candidate, in nats: Σ p ln(p / q). */
  readonly divergence: number
  /** Share of positions at which both have the same most likely token. */
  readonly agreement: number
  /** exp of the mean negative log probability of the next token. */
  readonly perplexity: { readonly reference: number; readonly candidate: number }
}

export interface Comparator {
  /**
   * Takes the logits of one position from both models, [vocabularySize] each.
   * @param next The token that follows in the text; none at its end.
   */
  add(reference: Float32Array, candidate: Float32Array, next?: number): void
  result(): Comparison
}

export function comparator(): Comparator {
  let positions = 0
  let divergence = 0
  let agreed = 0
  let predicted = 0
  const surprise = { reference: 0, candidate: 0 }
  return {
    add(reference, candidate, next) {
      const zReference = logSumExp(reference)
      const zCandidate = logSumExp(candidate)
      for (let token = 0; token < reference.length; token++) {
        const logP = reference[token]! - zReference
        divergence += Math.exp(logP) * (logP - (candidate[token]! - zCandidate))
      }
      positions++
      if (argmax(reference) === argmax(candidate)) agreed++
      if (next === undefined) return
      predicted++
      surprise.reference += zReference - reference[next]!
      surprise.candidate += zCandidate - candidate[next]!
    },
    result: () => ({
      positions,
      divergence: divergence / positions,
      agreement: agreed / positions,
      perplexity: {
        reference: Math.exp(surprise.reference / predicted),
        candidate: Math.exp(surprise.candidate / predicted),
      },
    }),
  }
}
