import { afterEach, expect, it, vi } from 'vitest'
import { ngramsOf } from './ngrams.ts'

afterEach(() => vi.doUnmock('@foretoken/model-smollm2-ngrams'))

it('reads the table of a model that has one, and gives nothing for others', async () => {
  const bytes = await ngramsOf('smollm2-135m')
  expect(new TextDecoder().decode(bytes?.subarray(0, 4))).toBe('FTNG')
  expect(await ngramsOf('stories')).toBeUndefined()
  expect(await ngramsOf('model.gguf')).toBeUndefined()
})

it('says that a package is broken rather than absent', async () => {
  vi.resetModules()
  vi.doMock('@foretoken/model-smollm2-ngrams', () => ({ ngramFile: new URL('file:///nowhere/smollm2.ngrams') }))
  await expect(ngramsOf('smollm2-135m')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/model-smollm2-ngrams is installed.*ENOENT.*Install it again/),
  })
})
