/** What a token and a draft cost: pnpm vitest bench packages/drafters/suffix */
import { randomTokens, toyModel } from '@foretoken/testkit'
import { bench, describe } from 'vitest'
import { suffix, suffixPool } from '../src/index.ts'

const vocabularySize = 49_152
/** Text in which phrases come back: pieces of an alphabet of phrases of 12 tokens. */
function phrases(count: number, seed: number): Int32Array {
  const picks = randomTokens(count, 400, seed)
  return Int32Array.from(
    { length: 12 * count },
    (_, i) => (picks[Math.floor(i / 12)]! * 97 + (i % 12) * 31) % vocabularySize,
  )
}

const model = toyModel({ vocabularySize: 8, contextLength: 4096 })
const target = { ...model, vocabularySize }
const draws = { uniform: () => 0 }
const draft = { tokens: new Int32Array(0), q: { kind: 'point-mass' } as const }
const output = { rows: 0, logits: new Float32Array(0) }

for (const shape of ['chain', 'tree'] as const) {
  const pool = suffixPool({ maximumTokens: 65_536 })
  for (let i = 0; i < 120; i++) pool.add(phrases(50, i))
  const drafter = suffix({ pool, shape })
  const prompt = phrases(150, 1000)
  const text = phrases(100, 1001)
  let at = text.length

  describe(`a text of 1,800 to 3,000 tokens, a full pool of 65,536, ${shape}`, () => {
    bench('begin', () => {
      drafter.begin(prompt, target)
      drafter.begin(prompt.slice(1), target)
    })
    bench('a round of one token: draft and commit', () => {
      if (at >= text.length) {
        drafter.begin(prompt, target)
        at = 0
      }
      drafter.draft(8, draws)
      const tokens = text.subarray(at, ++at)
      drafter.commit({ path: new Int32Array(0), token: tokens[0]!, kind: 'bonus', tokens, draft, output, base: 0 })
    })
  })
}
