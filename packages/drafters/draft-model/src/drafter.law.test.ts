import { capped, generate, softmax } from '@foretoken/core'
import { chiSquare, nearbyTable, referenceVerifier, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type DraftModelOptions, draftModel } from './drafter.ts'

const vocabularySize = 4
const logits = toyTable({ vocabularySize })
const near = nearbyTable(logits, { vocabularySize, seed: 9, closeness: 0.4 })
const prompt = Int32Array.of(1, 2, 3)
const PAIRS = vocabularySize ** 2

/** Law of the first two tokens of plain sampling, [PAIRS]. */
function pairLaw(): number[] {
  const law = (context: number[]) => {
    const row = logits(context)
    const out = new Float64Array(row.length)
    softmax(row, 1, out)
    return out
  }
  const first = law([...prompt])
  return Array.from({ length: PAIRS }, (_, pair) => {
    const [a, b] = [Math.floor(pair / vocabularySize), pair % vocabularySize]
    return first[a]! * law([...prompt, a])[b]!
  })
}

// 20,000 runs, seeds 0 to 19,999; the test fails by chance once in a thousand choices of seeds.
const cases: Omit<DraftModelOptions, 'model'>[] = [
  { temperature: 0 },
  { temperature: 0.6 },
  { temperature: 1 },
  { temperature: 1, vocabulary: [0, 1, 3] },
]
for (const options of cases) {
  it(`keeps the law of the first two tokens with drafts of ${JSON.stringify(options)}`, async () => {
    const counts = new Array<number>(PAIRS).fill(0)
    const drafter = capped(draftModel({ model: toyModel({ vocabularySize, logits: near }), ...options }), 2)
    const model = toyModel({ vocabularySize, logits })
    const verifier = referenceVerifier('rejection')
    let [accepted, drafted] = [0, 0]
    for (let seed = 0; seed < 20_000; seed++) {
      model.rewind(0)
      const result = await generate({ model, prompt, drafter, verifier, temperature: 1, seed, maxTokens: 3 })
      counts[result.tokenIds[0]! * vocabularySize + result.tokenIds[1]!]!++
      accepted += result.stats.accepted
      drafted += result.stats.drafted
    }
    // Drafts must have mattered, and must not always have been right.
    expect(accepted / drafted).toBeGreaterThan(0.1)
    expect(accepted / drafted).toBeLessThan(0.9)
    expect(chiSquare(counts, pairLaw()).pValue).toBeGreaterThan(0.001)
  })
}
