// One decode() on two backends of a browser, each in a Worker: WASM drafts, and writes on while WebGPU verifies.

import { type LoadOptions, loadModel, type Place } from '@foretoken/backend-web'
import { type Generation, generate } from '@foretoken/core'
import { pearl } from '@foretoken/drafter-pearl'
import { modelFile } from '@foretoken/model-stories'
import { modelFile as draftFile } from '@foretoken/model-stories-draft'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'

// Graphics cards compute in floating point; the draft may stay in integers.
const TARGET: LoadOptions = { provider: 'webgpu', weights: 'float32' }

export interface MixedRun extends Generation {
  readonly where: Readonly<Record<'target' | 'draft', Place>>
}

/** Continues `text`, and says where the target and the draft model ran. */
export async function story(text: string, maxTokens: number): Promise<MixedRun> {
  await using target = await loadModel(modelFile, TARGET)
  await using draft = await loadModel(draftFile)
  await using drafter = pearl({ model: draft.model })
  const { stopTokens, tokenBytes, encode } = target.tokenizer
  const parts = { model: target.model, drafter, verifier: speculativeSampling() }
  const run = await generate({ ...parts, prompt: encode(text), maxTokens, stopTokens, tokenBytes })
  return { ...run, where: { target: target.model.where, draft: draft.model.where } }
}
