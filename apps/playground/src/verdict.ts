import type { Generation } from './generation.ts'
import type { Settings } from './settings.ts'

/** What a race showed, in a sentence. */
export function verdict(plain: Generation, speculative: Generation, { temperature, verifier }: Settings): string {
  const speedup = `${(speculative.figures().tokensPerSecond / plain.figures().tokensPerSecond).toFixed(2)} times the speed of plain decoding`
  const first = plain.tokenIds.findIndex((token, i) => token !== speculative.tokenIds[i])
  const isEqual = first < 0 && plain.tokenIds.length === speculative.tokenIds.length
  if (isEqual) return `Equal: all ${plain.tokenIds.length} tokens, at ${speedup}.`
  const at = first < 0 ? plain.tokenIds.length : first
  const isExpected = speculative.summary?.guarantee === 'lossy' || (temperature > 0 && verifier !== 'exact-match')
  const why = isExpected
    ? speculative.summary?.guarantee === 'lossy'
      ? 'this verifier changes what is written'
      : 'both draw from the same distribution, and only exact-match draws the same tokens'
    : 'which must not happen: please report it'
  return `Different from token ${at + 1} on (${why}), at ${speedup}.`
}
