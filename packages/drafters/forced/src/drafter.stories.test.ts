import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { constrain, constrained, vocabulary } from '@foretoken/constraint'
import { jsonSchema } from '@foretoken/constraint-json-schema'
import { generate } from '@foretoken/core'
import { referenceVerifier } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { forced } from './drafter.ts'

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    nationality: { enum: ['Dutch', 'Danish', 'Irish'] },
    friends: { type: 'array', items: { type: 'string', maxLength: 8 }, minItems: 1, maxItems: 2 },
    isOld: { type: 'boolean' },
  },
  required: ['name', 'nationality', 'friends', 'isOld'],
  additionalProperties: false,
}

it('gives the tokens of plain decoding under the mask in the real runtime, in fewer rounds', async () => {
  const { folder, tokenizer } = await openModel('stories', { offline: true })
  await using model = await loadModel(folder, { threads: 1, worker: false })
  const prompt = tokenizer.encode('Once upon a time, there was a girl: ')
  const constraint = constrain(jsonSchema(person, { whitespace: 'single' }), vocabulary(tokenizer))
  const processors = [constrained(constraint, { countFrom: prompt.length })]
  const { stopTokens } = tokenizer
  for (const temperature of [0, 1]) {
    const run = { model, prompt, processors, temperature, seed: 5, stopTokens, maxTokens: 150 }
    model.rewind(0)
    const plain = await generate(run)
    model.rewind(0)
    const drafter = forced({ constraint, tokenizer })
    const { tokenIds, stats, finishReason } = await generate({ ...run, drafter, verifier: referenceVerifier('match') })
    expect(tokenIds).toEqual(plain.tokenIds)
    expect(finishReason).toBe('stop')
    expect(Object.keys(JSON.parse(tokenizer.decode(tokenIds)))).toEqual(Object.keys(person.properties))
    expect(stats.rounds).toBeLessThan(0.6 * tokenIds.length)
  }
})
