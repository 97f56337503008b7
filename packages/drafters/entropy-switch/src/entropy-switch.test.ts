import { argmax, capped, ForetokenError, generate, softmax } from '@foretoken/core'
import { chiSquare, nearbyTable, type ToyLogits, toyModel, toyTable } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { entropySwitch } from './entropy-switch.ts'

const vocabularySize = 5
const prompt = [1, 2, 3]
type Rule = { threshold: number; window: number; dwell: number }
const RULES: Rule[] = [0, 1.2, 1.5, 1.7, 1.9, Infinity].flatMap((threshold) =>
  [
    [1, 0],
    [1, 1],
    [2, 3],
    [5, 10],
  ].map(([window, dwell]) => ({ threshold, window: window!, dwell: dwell! })),
)

function lawOf(logits: Float32Array): Float64Array {
  const law = new Float64Array(logits.length)
  softmax(logits, 1, law)
  return law
}

/** Token by token, with a text in place of caches: the model of the token after `history`, whose entropies are `seen`. */
function reference(small: ToyLogits, large: ToyLogits, { threshold, window, dwell }: Rule) {
  let [model, since, switches] = [small, 0, 0]
  const seen: number[] = []
  return {
    logits: (history: readonly number[]) => model(history),
    writes: () => (model === small ? 'small' : 'large'),
    switches: () => switches,
    wrote(logits: Float32Array) {
      seen.push(-lawOf(logits).reduce((sum, p) => sum + (p > 0 ? p * Math.log2(p) : 0), 0))
      since++
      if (seen.length < window || since < dwell) return
      const mean = seen.slice(-window).reduce((sum, each) => sum + each, 0) / window
      const wanted = mean >= threshold ? large : small
      if (wanted === model) return
      model = wanted
      since = 0
      switches++
    },
  }
}

function greedy(small: ToyLogits, large: ToyLogits, rule: Rule, count: number) {
  const turns = reference(small, large, rule)
  const text = [...prompt]
  const written = { small: 0, large: 0, switches: 0 }
  for (let i = 0; i < count; i++) {
    const row = turns.logits(text)
    written[turns.writes() as 'small' | 'large']++
    text.push(argmax(row))
    turns.wrote(row)
  }
  return { tokens: text.slice(prompt.length), written: { ...written, switches: turns.switches() } }
}

it('writes token for token what the reference writes, whatever room there is', async () => {
  let mixed = 0
  for (let seed = 0; seed < 6; seed++) {
    const large = toyTable({ vocabularySize, seed })
    const small = nearbyTable(large, { vocabularySize, seed: seed + 100, closeness: 0.5 })
    for (const rule of RULES) {
      for (const [rows, cap] of [
        [16, 99],
        [4, 99],
        [16, 1],
      ]) {
        const pair = entropySwitch({ model: toyModel({ vocabularySize, logits: small, maximumRows: 3 }), ...rule })
        const result = await generate({
          model: toyModel({ vocabularySize, logits: large, maximumRows: rows! }),
          prompt: Int32Array.from(prompt),
          ...pair,
          drafter: capped(pair.drafter, cap!),
          maxTokens: 41,
        })
        // There is no room for a draft before the last token: it is the large model's.
        const expected = greedy(small, large, rule, 40)
        expect([...result.tokenIds.subarray(0, 40)], JSON.stringify({ seed, rule, rows, cap })).toEqual(expected.tokens)
        expect(result.guarantee).toBe('lossy')
        const { small: shareOfSmall, large: shareOfLarge } = pair.drafter.written()
        expect(shareOfSmall + shareOfLarge).toBe(41)
        expect(shareOfSmall).toBe(expected.written.small)
        if (expected.written.switches > 2) mixed++
      }
    }
  }
  expect(mixed).toBeGreaterThan(50)
})

it('is plain decoding when both models are the same, for any threshold', async () => {
  const logits = toyTable({ vocabularySize })
  const run = { prompt: Int32Array.from(prompt), maxTokens: 50 }
  const plain = await generate({ ...run, model: toyModel({ vocabularySize, logits }) })
  for (const rule of RULES) {
    const pair = entropySwitch({ model: toyModel({ vocabularySize, logits }), ...rule })
    const result = await generate({ ...run, model: toyModel({ vocabularySize, logits }), ...pair })
    expect(result.tokenIds).toEqual(plain.tokenIds)
  }
})

// 6,000 runs, seeds 0 to 5,999; fails by chance once in a thousand choices of seeds.
it('draws each token from the law of the model whose turn it is', async () => {
  const size = 3
  const large = toyTable({ vocabularySize: size, seed: 5 })
  const small = toyTable({ vocabularySize: size, seed: 6 })
  const rule = { threshold: 1.25, window: 1, dwell: 0 }
  const law = new Array<number>(27).fill(0)
  const writers = new Set<string>()
  for (let triple = 0; triple < 27; triple++) {
    const turns = reference(small, large, rule)
    let probability = 1
    const tokens = [Math.floor(triple / 9), Math.floor(triple / 3) % 3, triple % 3]
    for (const [i, token] of tokens.entries()) {
      const row = turns.logits([1, 2, ...tokens.slice(0, i)])
      probability *= lawOf(row)[token]!
      writers.add(`${i} ${turns.writes()}`)
      turns.wrote(row)
    }
    law[triple] = probability
  }
  // The first entropy is given, so the second writer is; the third is either.
  expect(writers.size).toBe(4)
  const counts = new Array<number>(27).fill(0)
  const model = toyModel({ vocabularySize: size, logits: large })
  const pair = entropySwitch({ model: toyModel({ vocabularySize: size, logits: small }), temperature: 1, ...rule })
  for (let seed = 0; seed < 6000; seed++) {
    model.rewind(0)
    const result = await generate({ model, prompt: Int32Array.of(1, 2), ...pair, temperature: 1, seed, maxTokens: 4 })
    const [a, b, c] = result.tokenIds
    counts[9 * a! + 3 * b! + c!]!++
  }
  expect(chiSquare(counts, law).pValue).toBeGreaterThan(0.001)
})

it('leaves the text to the large model behind the small one’s context', async () => {
  const logits = toyTable({ vocabularySize })
  const small = toyModel({ vocabularySize, logits: toyTable({ vocabularySize, seed: 9 }), contextLength: 8 })
  const pair = entropySwitch({ model: small, threshold: Infinity })
  const model = toyModel({ vocabularySize, logits })
  await generate({ model, prompt: Int32Array.from(prompt), ...pair, maxTokens: 20 })
  expect(pair.drafter.written()).toEqual({ small: 6, large: 14, switches: 0 })
})

it('refuses bad options with a typed error', () => {
  const model = toyModel({ vocabularySize })
  for (const options of [{ threshold: -1 }, { window: 0 }, { dwell: -1 }, { temperature: -1 }, { tau: 1 }]) {
    expect(() => entropySwitch({ model, ...options })).toThrow(ForetokenError)
  }
  expect(() => entropySwitch({} as never)).toThrow(/model/)
  expect(() => entropySwitch({ model: toyModel({ vocabularySize, supports: [] }) })).toThrow(/kv:rewind/)
})
