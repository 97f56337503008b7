import { generate } from '@foretoken/core'
import { ngramTable } from '@foretoken/drafter-ngram'
import { toyModel } from '@foretoken/testkit'
import { expect, it } from 'vitest'
import { type Models, methodsOf } from './methods.ts'
import type { Settings } from './settings.ts'

const settings = { verifier: 'exact-match', draftTokens: 4, temperature: 0 } as Settings
const prompt = Int32Array.of(1, 2)

function models(ngrams?: Models['ngrams']): Models {
  const [target, draft] = [8, 9].map((vocabularySize) => ({
    model: toyModel({ vocabularySize, seed: 3 }),
    tokenizer: { tokenBytes: (token: number) => Uint8Array.of(token) },
  }))
  return { target, draft, ngrams } as unknown as Models
}

async function run(from: Models, drafter: string) {
  const parts = methodsOf(from, { ...settings, drafter })
  return generate({ model: from.target.model.fork(), prompt, maxTokens: 30, ...parts })
}

it.each(['ngram', 'auto'])('drafts by what the target mostly says: %s', async (drafter) => {
  const plain = await generate({ model: models().target.model, prompt, maxTokens: 30 })
  const said = { tokens: Int32Array.of(...prompt, ...plain.tokenIds) }
  const table = ngramTable([said, said, said, said, said, said], { vocabularySize: 8 })
  const { tokenIds, stats } = await run(models(table), drafter)
  expect(tokenIds).toEqual(plain.tokenIds)
  const without = await run(models(), drafter)
  expect(without.tokenIds).toEqual(plain.tokenIds)
  expect(stats.rounds).toBeLessThan(without.stats.rounds)
})
