import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { decode } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'

const { folder, tokenizer } = await openModel('stories')
const model = await loadModel(folder)
const prompt = tokenizer.encode('Once upon a time, there was a little')
const { stopTokens, tokenBytes } = tokenizer
for await (const run of decode({ model, drafter: promptLookup(), prompt, stopTokens, tokenBytes, maxTokens: 120 })) {
  process.stdout.write(run.text)
}
await model.dispose()
