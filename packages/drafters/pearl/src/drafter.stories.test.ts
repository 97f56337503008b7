import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { generate } from '@foretoken/core'
import { referenceVerifier } from '@foretoken/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { pearl } from './drafter.ts'

async function load(name: string, worker: boolean) {
  const { folder, tokenizer } = await openModel(name, { offline: true })
  return { model: await loadModel(folder, { threads: 1, worker }), tokenizer }
}

let target: Awaited<ReturnType<typeof load>>
let draft: Awaited<ReturnType<typeof load>>

beforeAll(async () => {
  target = await load('stories', false)
  draft = await load('stories-draft', true)
})

afterAll(async () => {
  await target?.model.dispose()
  await draft?.model.dispose()
})

const write = (parts: object) => {
  const { model, tokenizer } = target
  model.rewind(0)
  return generate({ model, prompt: tokenizer.encode('Once upon a time, there was a little'), maxTokens: 100, ...parts })
}

it('gives the tokens of plain decoding with the draft model in its own thread', async () => {
  const plain = await write({})
  for (const options of [{}, { window: 'measured' }, { preVerify: false }] as const) {
    await using drafter = pearl({ model: draft.model, ...options })
    const { tokenIds, stats } = await write({ drafter, verifier: referenceVerifier('match') })
    expect(tokenIds).toEqual(plain.tokenIds)
    expect(stats.meanAcceptanceLength).toBeGreaterThan(1.5)
  }
})

it('reproduces the plain sampled run of the same seed under exact matching', async () => {
  const run = { temperature: 1, seed: 4 }
  const plain = await write(run)
  await using drafter = pearl({ model: draft.model, temperature: 1 })
  const { tokenIds, stats } = await write({ ...run, drafter, verifier: referenceVerifier('match') })
  expect(tokenIds).toEqual(plain.tokenIds)
  expect(stats.accepted).toBeGreaterThan(0)
})
