// JSON by a schema on SmolLM2-135M-Instruct: drafted inside the grammar or not, the same tokens in far fewer rounds.
// `foretoken pull smollm2-135m` brings the checkpoint; without it these tests skip.
import { loadModel } from '@foretoken/backend-node'
import { defaultCacheFolder, openModel } from '@foretoken/checkpoint/node'
import { constrain, constrained, vocabulary, withinConstraint } from '@foretoken/constraint'
import { jsonSchema } from '@foretoken/constraint-json-schema'
import { type DecodeOptions, type Drafter, ForetokenError, generate } from '@foretoken/core'
import { forced, forcedTokens } from '@foretoken/drafter-forced'
import { suffix } from '@foretoken/drafter-suffix'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { expect, it } from 'vitest'

const SCHEMA = {
  type: 'object',
  properties: {
    firstName: { type: 'string', maxLength: 30 },
    age: { type: 'integer', minimum: 0, maximum: 120 },
    cities: {
      type: 'array',
      items: {
        type: 'object',
        properties: { cityName: { type: 'string', maxLength: 20 }, countryName: { type: 'string', maxLength: 20 } },
        required: ['cityName', 'countryName'],
        additionalProperties: false,
      },
      minItems: 2,
      maxItems: 3,
    },
    isMarried: { type: 'boolean' },
  },
  required: ['firstName', 'age', 'cities', 'isMarried'],
  additionalProperties: false,
}
const QUESTION = 'Maria, 34 and married, has lived in Lisbon, Portugal, and in Paris, France. Write this as JSON.'

it('drafts inside a grammar: the same tokens, greedy and sampled, in far fewer rounds', async (context) => {
  const folder = { cacheFolder: defaultCacheFolder(process.env), offline: true }
  const opened = await openModel('smollm2-135m', folder).catch((error: unknown) => {
    if (ForetokenError.is(error) && error.code === 'OFFLINE') return undefined
    throw error
  })
  if (opened === undefined) return context.skip('smollm2-135m is not in the cache; pull it first')
  const { tokenizer } = opened
  await using model = await loadModel(opened.folder)
  const constraint = constrain(jsonSchema(SCHEMA, { whitespace: 'single' }), vocabulary(tokenizer))
  const text = tokenizer.applyChatTemplate([{ role: 'user', content: QUESTION }], { addGenerationPrompt: true })
  const prompt = tokenizer.encode(text)
  const drafters: Record<string, () => Drafter> = {
    forced: () => forced({ constraint, tokenizer }),
    'suffix within': () => withinConstraint(suffix(), constraint, { continuation: forcedTokens(tokenizer) }),
    'trees of suffixes within': () =>
      withinConstraint(suffix({ shape: 'tree' }), constraint, { continuation: forcedTokens(tokenizer) }),
  }
  const run: DecodeOptions = {
    model,
    prompt,
    processors: [constrained(constraint, { countFrom: prompt.length })],
    stopTokens: tokenizer.stopTokens,
    maxTokens: 200,
    seed: 7,
  }
  for (const temperature of [0, 1]) {
    model.rewind(0)
    const plain = await generate({ ...run, temperature })
    expect(plain.finishReason).toBe('stop')
    expect(Object.keys(JSON.parse(tokenizer.decode(plain.tokenIds)))).toEqual(SCHEMA.required)
    for (const [name, make] of Object.entries(drafters)) {
      await using drafter = make()
      model.rewind(0)
      const { tokenIds, stats } = await generate({ ...run, temperature, drafter, verifier: exactMatch() })
      expect(tokenIds, `${name} at ${temperature}`).toEqual(plain.tokenIds)
      expect(stats.rounds, `${name} at ${temperature}`).toBeLessThan(0.6 * tokenIds.length)
    }
  }
  await opened.dispose()
})
