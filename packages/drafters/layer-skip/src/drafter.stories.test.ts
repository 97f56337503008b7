import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { type DecodeOptions, generate, type Model } from '@foretoken/core'
import { examplePrompt } from '@foretoken/model-stories'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layerSkip } from './drafter.ts'
import type { LayerSkipOptions } from './options.ts'
import { skipSearch } from './skip-search.ts'

let model: Model
let plain: Model
let prompt: Int32Array

beforeAll(async () => {
  const prepared = await openModel('stories', { skippable: true })
  model = await loadModel(prepared.folder, { threads: 1, worker: false, skippable: true })
  plain = await loadModel(prepared.folder, { threads: 1, worker: false })
  prompt = prepared.tokenizer.encode(examplePrompt)
})
afterAll(() => Promise.all([model.dispose(), plain.dispose()]))

it('gives the tokens of the normal graph’s plain decoding, greedy and sampled, while it searches', async () => {
  const { subLayers } = model.skipping!
  const cases: LayerSkipOptions[] = [
    { skipped: new Uint8Array(subLayers), threshold: 0.3 },
    { search: skipSearch(subLayers, { ratio: 0.3 }), threshold: 0.3, interval: 2, context: 8 },
    { interval: 1, context: 4, temperature: 0.8, threshold: 0 },
  ]
  for (const temperature of [0, 0.8]) {
    const run = { prompt, maxTokens: 48, temperature, seed: 5 } satisfies Partial<DecodeOptions>
    plain.rewind(0)
    const expected = await generate({ ...run, model: plain })
    for (const options of cases) {
      model.rewind(0)
      const fast = await generate({ ...run, model, drafter: layerSkip(options), verifier: exactMatch() })
      expect(fast.tokenIds).toEqual(expected.tokenIds)
      expect(fast.stats.drafted).toBeGreaterThan(0)
      if (temperature === 0 && options.skipped) expect(fast.stats.accepted).toBe(fast.stats.drafted)
    }
  }
})
