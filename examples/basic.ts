import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { capped, decode } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'

const { folder, tokenizer } = await openModel('stories')
const model = await loadModel(folder)
const parts = { model, drafter: capped(promptLookup(), 3), verifier: speculativeSampling() }
const prompt = tokenizer.encode('Once upon a time, there was a little')
const { stopTokens, tokenBytes } = tokenizer
for await (const run of decode({ ...parts, prompt, maxTokens: 120, stopTokens, tokenBytes }))
  process.stdout.write(run.text)
await model.dispose()
