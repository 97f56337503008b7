import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { modelFile } from './index.ts'

const TARGET = new URL('../../stories/stories.gguf', import.meta.url)

/** The bytes of a GGUF header from the tokenizer's model to its end-of-text token. */
function tokenizerBytes(file: Buffer): Buffer {
  const from = file.indexOf('tokenizer.ggml.model')
  const to = file.indexOf('tokenizer.ggml.eos_token_id')
  expect(from).toBeGreaterThan(0)
  expect(to).toBeGreaterThan(from)
  return file.subarray(from, to + 'tokenizer.ggml.eos_token_id'.length + 8)
}

it('points at a GGUF file of at most 1 MB', async () => {
  const bytes = await readFile(modelFile)
  expect(bytes.subarray(0, 4).toString('latin1')).toBe('GGUF')
  expect(bytes.length).toBeLessThan(1e6)
})

it('has the tokenizer of the model it drafts for, byte for byte', async () => {
  const [draft, target] = await Promise.all([readFile(modelFile), readFile(TARGET)])
  expect(tokenizerBytes(draft).equals(tokenizerBytes(target))).toBe(true)
})
