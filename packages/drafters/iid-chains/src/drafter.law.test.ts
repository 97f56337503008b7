import { generate, softmax } from '@foretoken/core'
import { chiSquare, nearbyTable, referenceVerifier, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type IidChainsOptions, iidChains } from './drafter.ts'

const vocabularySize = 4
const logits = toyTable({ vocabularySize })
const near = nearbyTable(logits, { vocabularySize, seed: 9, closeness: 0.4 })
const prompt = Int32Array.of(1, 2, 3)
const PAIRS = vocabularySize ** 2

/** Law of the first two tokens of plain sampling, [PAIRS]. */
function pairLaw(): number[] {
  const law = (context: number[]) => {
    const out = new Float64Array(vocabularySize)
    softmax(logits(context), 1, out)
    return out
  }
  const first = law([...prompt])
  return Array.from({ length: PAIRS }, (_, pair) => {
    const [a, b] = [Math.floor(pair / vocabularySize), pair % vocabularySize]
    return first[a]! * law([...prompt, a])[b]!
  })
}

// 8,000 runs, seeds 0 to 7,999; the test fails by chance once in a thousand choices of seeds.
const cases: Omit<IidChainsOptions, 'model'>[] = [
  {},
  { chains: 3, levels: 2 },
  { chains: 2, levels: 2, temperature: 0.6 },
]
for (const options of cases) {
  it(`keeps the law of the first two tokens with drafts of ${JSON.stringify(options)}`, async () => {
    const counts = new Array<number>(PAIRS).fill(0)
    const drafter = iidChains({ model: toyModel({ vocabularySize, logits: near }), ...options })
    const model = toyModel({ vocabularySize, logits })
    const verifier = referenceVerifier('rejection')
    let [accepted, rounds] = [0, 0]
    for (let seed = 0; seed < 8_000; seed++) {
      model.rewind(0)
      const result = await generate({ model, prompt, drafter, verifier, temperature: 1, seed, maxTokens: 3 })
      counts[result.tokenIds[0]! * vocabularySize + result.tokenIds[1]!]!++
      accepted += result.stats.accepted
      rounds += result.stats.rounds
    }
    // Drafts must have mattered, and must not always have been right.
    expect(accepted / rounds).toBeGreaterThan(0.2)
    expect(accepted / rounds).toBeLessThan(1.9)
    expect(chiSquare(counts, pairLaw()).pValue).toBeGreaterThan(0.001)
  })
}
