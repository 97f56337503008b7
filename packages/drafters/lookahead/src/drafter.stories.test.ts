import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { type DecodeOptions, generate, matchWalk, SPEC_VERSION, type Verifier } from '@foretoken/core'
import { examplePrompt } from '@foretoken/model-stories'
import { expect, it } from 'vitest'
import { type LookaheadOptions, lookahead } from './drafter.ts'

const matching: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'matching', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}
const cases: LookaheadOptions[] = [
  {},
  { window: 3, ngram: 3, guesses: 2, fromText: false },
  { window: 5, ngram: 4, guesses: 4 },
]

// Rows are exact, so the window's rows in the same pass cannot change a bit of the rows that decide.
it('gives the tokens of plain decoding on a real model, greedy and sampled', async () => {
  const prepared = await openModel('stories')
  await using model = await loadModel(prepared.folder, { threads: 1, worker: false })
  const prompt = prepared.tokenizer.encode(examplePrompt)
  for (const temperature of [0, 0.8]) {
    const run = { model, prompt, maxTokens: 64, temperature, seed: 5 } satisfies DecodeOptions
    model.rewind(0)
    const plain = await generate(run)
    for (const options of cases) {
      model.rewind(0)
      const fast = await generate({ ...run, drafter: lookahead(options), verifier: matching })
      expect(fast.tokenIds).toEqual(plain.tokenIds)
      expect(fast.stats.accepted).toBeGreaterThan(0)
    }
  }
})
