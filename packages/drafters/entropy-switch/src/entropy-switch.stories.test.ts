import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { generate } from '@foretoken/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { entropySwitch } from './entropy-switch.ts'

async function load(name: string) {
  const { folder, tokenizer } = await openModel(name, { offline: true })
  return { model: await loadModel(folder, { threads: 1, worker: false }), tokenizer }
}

let large: Awaited<ReturnType<typeof load>>
let small: Awaited<ReturnType<typeof load>>

beforeAll(async () => {
  large = await load('stories')
  small = await load('stories-draft')
})

afterAll(async () => {
  await large?.model.dispose()
  await small?.model.dispose()
})

it('moves from the text of one model to that of the other with the threshold', async () => {
  const prompt = large.tokenizer.encode('Once upon a time, there was a little')
  const write = (model: typeof large.model, parts: object) => {
    model.rewind(0)
    return generate({ model, prompt, maxTokens: 80, ...parts })
  }
  const [bySmall, byLarge] = [await write(small.model, {}), await write(large.model, {})]
  const take = async (threshold: number) => {
    const pair = entropySwitch({ model: small.model, threshold, window: 1, dwell: 1 })
    return { ...(await write(large.model, pair)), written: pair.drafter.written() }
  }
  const [never, sometimes, always] = [await take(Infinity), await take(1.5), await take(0)]
  expect(never.tokenIds.subarray(0, 79)).toEqual(bySmall.tokenIds.subarray(0, 79))
  expect(sometimes.written.switches).toBeGreaterThan(3)
  expect(sometimes.written.small).toBeGreaterThan(10)
  expect(always.written.small).toBe(1)
  // The first token is the small model's; here both want the same.
  expect(always.tokenIds).toEqual(byLarge.tokenIds)
  expect(sometimes.guarantee).toBe('lossy')
})
