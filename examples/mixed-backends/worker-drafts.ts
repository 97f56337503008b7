// One decode() on two threads of the processor: the draft model writes on in its own while the target verifies in another.
import { loadModel, placeText } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { decode } from '@foretoken/core'
import { pearl } from '@foretoken/drafter-pearl'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'

const { folder, tokenizer } = await openModel('stories')
await using target = await loadModel(folder, { threads: 1, worker: true })
await using draft = await loadModel((await openModel('stories-draft')).folder, { threads: 1, worker: true })
await using drafter = pearl({ model: draft, window: 'measured' })
console.error(`Target: ${placeText(target.where)}. Draft: ${placeText(draft.where)}.`)

const maxTokens = Number(process.argv[2] ?? 120)
const prompt = tokenizer.encode('Once upon a time, there was a little')
const { stopTokens, tokenBytes } = tokenizer
const parts = { model: target, drafter, verifier: speculativeSampling() }
for await (const run of decode({ ...parts, prompt, maxTokens, stopTokens, tokenBytes })) process.stdout.write(run.text)
