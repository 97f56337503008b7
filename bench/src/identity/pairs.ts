import type { CompositionSpec } from '../spec/composition.ts'
import { withDraftModel } from '../spec/draft-models.ts'
import { buildVerifier } from '../spec/registry.ts'
import type { Pair } from '../spec/runners.ts'

/**
 * Pairs of drafter and verifier whose tokens must be those of plain decoding: at temperature 0 every lossless verifier, above
 * it `exact-match` alone, which keeps the sample and not only its law. Where a composition is measured does not matter here.
 * @param draftModel Stands in for the compositions' draft models that share the target's tokens.
 */
export async function identicalPairs(
  compositions: readonly CompositionSpec[],
  temperature: number,
  draftModel?: string,
): Promise<Pair[]> {
  const pairs = new Map<string, Pair>()
  for (const { name, drafter, verifier, variants } of compositions) {
    for (const part of [{ drafter, verifier }, ...variants.map((variant) => ({ drafter, verifier, ...variant }))]) {
      const { manifest } = await buildVerifier(part.verifier)
      const keeps = temperature > 0 ? manifest.name === 'exact-match' : manifest.guarantee !== 'lossy'
      if (!keeps) continue
      const pair = { drafter: withDraftModel(part.drafter, draftModel), verifier: part.verifier }
      const key = JSON.stringify(pair)
      if (!pairs.has(key)) pairs.set(key, { name: `${name} + ${manifest.name}`, ...pair })
    }
  }
  return distinctlyNamed([...pairs.values()])
}

function distinctlyNamed(pairs: readonly Pair[]): Pair[] {
  const counts = new Map<string, number>()
  return pairs.map((pair) => {
    const count = (counts.get(pair.name) ?? 0) + 1
    counts.set(pair.name, count)
    return count === 1 ? pair : { ...pair, name: `${pair.name}, ${count}` }
  })
}
