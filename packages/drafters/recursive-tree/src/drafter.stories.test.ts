import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { generate } from '@foretoken/core'
import { referenceVerifier } from '@foretoken/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recursiveTree } from './drafter.ts'

async function load(name: string) {
  const { folder, tokenizer } = await openModel(name, { offline: true })
  return { model: await loadModel(folder, { threads: 1, worker: false }), tokenizer }
}

let target: Awaited<ReturnType<typeof load>>
let draft: Awaited<ReturnType<typeof load>>

beforeAll(async () => {
  target = await load('stories')
  draft = await load('stories-draft')
})

afterAll(async () => {
  await target?.model.dispose()
  await draft?.model.dispose()
})

it('gives the tokens of plain decoding in the real runtime, and accepts more than a chain', async () => {
  const { model, tokenizer } = target
  const prompt = tokenizer.encode('Once upon a time, there was a little')
  const write = (parts: object) => {
    model.rewind(0)
    return generate({ model, prompt, maxTokens: 100, ...parts })
  }
  const plain = await write({})
  const lengths: number[] = []
  for (const shape of [{ branching: [1, 1, 1] }, { branching: [3, 2, 1] }, { width: 4, levels: 3 }]) {
    const drafter = recursiveTree({ model: draft.model, ...shape })
    const { tokenIds, stats } = await write({ drafter, verifier: referenceVerifier('match') })
    expect(tokenIds).toEqual(plain.tokenIds)
    lengths.push(stats.meanAcceptanceLength)
  }
  expect(lengths[1]).toBeGreaterThan(lengths[0]!)
  expect(lengths[2]).toBeGreaterThan(lengths[0]!)
})
