// On the embedded model, through the runtime.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import type { Model } from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { modelFile } from '@foretoken/model-stories'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { generateObject } from './object.ts'

let opened: Awaited<ReturnType<typeof openModel>>
let model: Model
let cacheFolder = ''

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'foretoken-object-'))
  opened = await openModel(fileURLToPath(modelFile), { cacheFolder })
  model = await loadModel(opened.folder, { threads: 1 })
})
afterAll(async () => {
  await model.dispose()
  await opened.dispose()
  await rm(cacheFolder, { recursive: true, force: true })
})

const schema = z.object({
  name: z.string().min(1).max(12),
  mail: z.email().max(30),
  born: z.iso.date(),
  pets: z
    .array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('cat') }),
        z.object({ kind: z.literal('dog'), age: z.int() }),
      ]),
    )
    .max(2),
  likes: z.enum(['cake', 'the sea', 'naïve 😀 art']).optional(),
})

it.each([0, 1])('fits a Zod schema at temperature %d, the same with drafts as without', async (temperature) => {
  const options = {
    model,
    tokenizer: opened.tokenizer,
    schema,
    prompt: 'Once there was',
    temperature,
    seed: 11,
    maxTokens: 250,
  }
  const plain = await generateObject({ ...options, drafter: 'none' })
  const drafted = await generateObject({ ...options, drafter: promptLookup(), verifier: exactMatch() })
  const automatic = await generateObject(options)
  expect([...drafted.tokenIds]).toEqual([...plain.tokenIds])
  expect([...automatic.tokenIds]).toEqual([...plain.tokenIds])
  expect(plain.isComplete).toBe(true)
  expect(schema.parse(JSON.parse(plain.text))).toEqual(plain.object)
})
