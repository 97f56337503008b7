import { expect, it } from 'vitest'
import { ngramsOf } from './ngrams.ts'

it('reads the table of a model that has one, and gives nothing for others', async () => {
  const bytes = await ngramsOf('smollm2-135m')
  expect(new TextDecoder().decode(bytes?.subarray(0, 4))).toBe('FTNG')
  expect(await ngramsOf('stories')).toBeUndefined()
  expect(await ngramsOf('model.gguf')).toBeUndefined()
})
