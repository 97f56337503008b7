import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { generateObject, generateToolCalls, streamObject } from '@foretoken/object'
import { z } from 'zod'

// A small model that knows stories only; `smollm2-135m` and larger ones follow what they are told.
const { folder, tokenizer } = await openModel('stories')
const model = await loadModel(folder)
const common = { model, tokenizer, temperature: 1, seed: 4, maxTokens: 120 }

// A typed value. The model cannot write anything else.
const pet = z.object({
  name: z.string().min(1).max(12),
  kind: z.enum(['cat', 'dog', 'duck']),
  age: z.int().min(0).max(20),
})
const prompt = 'Once upon a time there was a pet. Its name was'
const { isComplete, object, partial } = await generateObject({ ...common, schema: pet, prompt })
if (isComplete) console.log(`${object.name} is a ${object.kind}, ${object.age} years old.`)
else console.log('Cut by maxTokens; so far:', partial)

// The same as it grows: each partial value is a beginning of the next.
const stream = streamObject({ ...common, schema: z.object({ friends: z.array(pet).min(2).max(3) }), prompt })
for await (const { friends = [] } of stream) console.log(friends.map(({ name = '…' }) => name).join(', '))

// Calls of functions, their arguments typed by a JSON Schema.
const { toolCalls } = await generateToolCalls({
  ...common,
  prompt: 'It is time to eat.',
  choice: 'required',
  tools: [
    {
      type: 'function',
      function: {
        name: 'feed',
        parameters: {
          type: 'object',
          properties: { kind: { enum: ['cat', 'dog', 'duck'] }, grams: { type: 'integer', minimum: 1, maximum: 500 } },
          required: ['kind', 'grams'],
          additionalProperties: false,
        },
      },
    },
  ],
})
for (const { name, arguments: values } of toolCalls) console.log(`${name}: ${values.grams} g for the ${values.kind}`)
await model.dispose()
