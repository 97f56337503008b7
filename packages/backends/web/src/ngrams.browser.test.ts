import { MODELS } from '@foretoken/checkpoint'
import { ngramsOf } from '@foretoken/checkpoint/web'
import { expect, it } from 'vitest'

const file = new URL('../../../models/smollm2-ngrams/smollm2.ngrams', import.meta.url)
const NAME = '@foretoken/model-smollm2-ngrams'
const entry = MODELS.find(({ ngrams }) => ngrams === NAME)
const smollm2 = { source: [{ name: 'renamed.gguf', sha256: entry?.sha256 as string }] }

it('loads the table of a model that has one, by the hash of its checkpoint', async () => {
  const phases: string[] = []
  const bytes = await ngramsOf(smollm2, { [NAME]: file }, { onProgress: ({ phase }) => phases.push(phase) })
  expect(new TextDecoder().decode(bytes?.subarray(0, 4))).toBe('FTNG')
  expect(bytes?.length).toBe((await (await fetch(file)).arrayBuffer()).byteLength)
  expect(new Set(phases)).toEqual(new Set(['download']))
})

it('asks for nothing that belongs to no model or to another one', async () => {
  const files = { [NAME]: new URL('/nowhere.ngrams', import.meta.url) }
  expect(await ngramsOf(smollm2, {})).toBeUndefined()
  expect(await ngramsOf({ source: [{ name: 'a.gguf', sha256: '0'.repeat(64) }] }, files)).toBeUndefined()
  // Embedded models are listed without a hash: a checkpoint without one is none of them.
  expect(await ngramsOf({ source: [{ name: 'a.gguf' }] }, files)).toBeUndefined()
  expect(await ngramsOf({ source: [] }, files)).toBeUndefined()
  await expect(ngramsOf(smollm2, files)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
