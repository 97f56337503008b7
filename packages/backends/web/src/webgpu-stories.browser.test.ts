import { generate } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { expect, it } from 'vitest'
import { findAdapter } from './gpu.ts'
import { loadModel } from './load-model.ts'

const stories = new URL('../../../models/stories/stories.gguf', import.meta.url)
const TEXT = 'Lily loved to run and play. Lily loved to run and play. Lily loved to run'
const adapter = await findAdapter().catch(() => null)

/** Logits closer than this are no decision: a step of several rows may sum in another order than one of a single row. */
const TIE = 0.01

it.skipIf(!adapter)(
  'writes on WebGPU with drafting what it writes without, up to ties (skipped without)',
  async () => {
    await using loaded = await loadModel(stories, { provider: 'webgpu', weights: 'float32' })
    const { model, tokenizer } = loaded
    const { stopTokens, tokenBytes } = tokenizer
    const prompt = tokenizer.encode(TEXT)
    const settings = { model, prompt, stopTokens, tokenBytes, maxTokens: 6 }
    const plain = await generate(settings)
    model.rewind(0)
    const run = await generate({ ...settings, drafter: promptLookup(), verifier: speculativeSampling() })
    expect(run.stats.accepted).toBeGreaterThan(0)
    expect(run.tokenIds).toHaveLength(plain.tokenIds.length)
    const at = plain.tokenIds.findIndex((token, i) => token !== run.tokenIds[i])
    if (at < 0) return
    model.rewind(0)
    const { logits } = await model.step({ tokens: Int32Array.of(...prompt, ...plain.tokenIds.slice(0, at)) })
    const last = logits.subarray(-model.vocabularySize)
    const [one, other] = [plain, run].map(({ tokenIds }) => last[tokenIds[at] as number] as number)
    expect(Math.abs((one as number) - (other as number))).toBeLessThan(TIE)
  },
  60_000,
)
