import { capped, generate, softmax } from '@foretoken/core'
import { chiSquare, referenceVerifier, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { wordTokenizer } from '../fixtures/word-tokenizer.ts'
import { retokenized } from './drafter.ts'
import type { RetokenizedOptions } from './options.ts'

const target = wordTokenizer(['a', 'b', 'ab', 'c'])
const draft = wordTokenizer(['c', 'bc', 'a', 'b', 'ca'])
const size = target.vocabularySize
const logits = toyTable({ vocabularySize: size })
const prompt = Int32Array.of(1, 2, 3)

/** Law of the first two tokens of plain sampling, [size²]. */
function pairLaw(): number[] {
  const law = (context: number[]) => {
    const out = new Float64Array(size)
    softmax(logits(context), 1, out)
    return out
  }
  const first = law([...prompt])
  return Array.from({ length: size ** 2 }, (_, pair) => {
    const [a, b] = [Math.floor(pair / size), pair % size]
    return first[a]! * law([...prompt, a])[b]!
  })
}

// 10,000 runs, seeds 0 to 9,999; the test fails by chance once in a thousand choices of seeds.
const cases: Omit<RetokenizedOptions, 'model' | 'tokenizers'>[] = [
  {},
  { form: 'shared-tokens' },
  { form: 'shared-tokens', temperature: 1 },
]
for (const options of cases) {
  it(`keeps the law of the first two tokens with drafts of ${JSON.stringify(options)}`, async () => {
    const counts = new Array<number>(size ** 2).fill(0)
    const small = toyModel({ vocabularySize: draft.vocabularySize, seed: 5 })
    const drafter = capped(retokenized({ model: small, tokenizers: { draft, target }, ...options }), 2)
    const model = toyModel({ vocabularySize: size, logits })
    const verifier = referenceVerifier('rejection')
    let [accepted, drafted] = [0, 0]
    for (let seed = 0; seed < 10_000; seed++) {
      model.rewind(0)
      const result = await generate({ model, prompt, drafter, verifier, temperature: 1, seed, maxTokens: 3 })
      counts[result.tokenIds[0]! * size + result.tokenIds[1]!]!++
      accepted += result.stats.accepted
      drafted += result.stats.drafted
    }
    // Drafts must have mattered, and must not always have been right.
    expect(accepted / drafted).toBeGreaterThan(0.1)
    expect(accepted / drafted).toBeLessThan(0.9)
    expect(chiSquare(counts, pairLaw()).pValue).toBeGreaterThan(0.001)
  })
}
