import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { examplePrompt, modelFile } from './index.ts'

it('points at a GGUF file of at most 6 MB', async () => {
  const bytes = await readFile(modelFile)
  expect(bytes.subarray(0, 4).toString('latin1')).toBe('GGUF')
  expect(bytes.length).toBeGreaterThan(3e6)
  expect(bytes.length).toBeLessThan(6e6)
})

it('names a beginning of a story', () => {
  expect(examplePrompt).toMatch(/^Once upon a time.*\.$/)
})
