/** The pure part: sets logits, [vocabularySize], more than `gap` below the largest to −Infinity, in place. */
export function keepNear(logits: Float32Array, gap: number): void {
  let best = Number.NEGATIVE_INFINITY
  for (const logit of logits) if (logit > best) best = logit
  const threshold = best - gap
  for (let token = 0; token < logits.length; token++) {
    if ((logits[token] ?? 0) < threshold) logits[token] = Number.NEGATIVE_INFINITY
  }
}
