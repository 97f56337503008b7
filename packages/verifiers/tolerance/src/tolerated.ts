import type { Law } from '@foretoken/core'

/**
 * Whether a token is among the `beta` best scores and at most `tau` below the best one.
 * @param scores Logits or log-probabilities, [vocabularySize]; −Infinity is never tolerated. Of equal scores the lower id ranks higher.
 * @param best The best token.
 */
export function isTolerated(scores: Law, best: number, token: number, beta: number, tau: number): boolean {
  const score = scores[token]!
  if (score === -Infinity || !(scores[best]! - score <= tau)) return false
  if (token === best || beta >= scores.length) return true
  let rank = 0
  for (let x = 0; x < scores.length; x++) {
    if (scores[x]! > score || (scores[x]! === score && x < token)) rank++
    if (rank >= beta) return false
  }
  return true
}
