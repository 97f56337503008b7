// One decode() on two backends: the target on a graphics card, the draft model on the processor, which writes on while the card
// verifies. WebGPU also runs on a software adapter, which proves function, not speed.
import { loadModel, type PlacedModel, placeText } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { decode, ForetokenError } from '@foretoken/core'
import { pearl } from '@foretoken/drafter-pearl'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'

const PROVIDERS = ['cuda', 'webgpu']

/** The model on the first of these providers that loads here. */
async function onGraphicsCard(folder: string): Promise<PlacedModel> {
  const reasons: string[] = []
  for (const provider of PROVIDERS) {
    try {
      return await loadModel(folder, { providers: [provider], threads: 1, worker: true })
    } catch (error) {
      if (!ForetokenError.is(error)) throw error
      reasons.push(`${provider}: ${error.message}`)
    }
  }
  throw new Error(`No graphics card can be used here. ${reasons.join(' ')}`)
}

// Graphics cards compute in floating point; the draft may stay in integers.
const { folder, tokenizer } = await openModel('stories', { weights: 'float32' })
await using target = await onGraphicsCard(folder)
await using draft = await loadModel((await openModel('stories-draft')).folder, { threads: 1, worker: true })
await using drafter = pearl({ model: draft })
console.error(`Target: ${placeText(target.where)}. Draft: ${placeText(draft.where)}.`)

const maxTokens = Number(process.argv[2] ?? 120)
const prompt = tokenizer.encode('Once upon a time, there was a little')
const { stopTokens, tokenBytes } = tokenizer
const parts = { model: target, drafter, verifier: speculativeSampling() }
for await (const run of decode({ ...parts, prompt, maxTokens, stopTokens, tokenBytes })) process.stdout.write(run.text)
