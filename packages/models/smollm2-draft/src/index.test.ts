import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { modelFile } from './index.ts'

/** SHA-256 of `tokenizerBytes` of SmolLM2-135M-Instruct.Q4_1.gguf. */
const TARGET = 'f08b8422a822283e5932b02a1ae332b9f25fd31d8a937ca27fd6635000cdb67e'

/** The bytes of a GGUF header from the tokenizer's model to its end-of-text token. */
function tokenizerBytes(file: Buffer): Buffer {
  const from = file.indexOf('tokenizer.ggml.model')
  const to = file.indexOf('tokenizer.ggml.eos_token_id')
  expect(from).toBeGreaterThan(0)
  expect(to).toBeGreaterThan(from)
  return file.subarray(from, to + 'tokenizer.ggml.eos_token_id'.length + 8)
}

/** A list of numbers in a GGUF header: its type, 9 of arrays, the type of its items and how many there are, then the items. */
function integers(file: Buffer, key: string): number[] {
  const at = file.indexOf(key) + key.length
  expect(file.readUInt32LE(at)).toBe(9)
  expect(file.readUInt32LE(at + 4)).toBe(5)
  const length = Number(file.readBigUInt64LE(at + 8))
  return Array.from({ length }, (_, i) => file.readInt32LE(at + 16 + 4 * i))
}

it('points at a GGUF file of at most 16 MB', async () => {
  const bytes = await readFile(modelFile)
  expect(bytes.subarray(0, 4).toString('latin1')).toBe('GGUF')
  expect(bytes.length).toBeGreaterThan(8e6)
  expect(bytes.length).toBeLessThan(16e6)
})

it('has the tokenizer of the model it drafts for, byte for byte', async () => {
  const bytes = tokenizerBytes(await readFile(modelFile))
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(TARGET)
})

it('scores 8,192 different tokens of the vocabulary, the end of an answer among them', async () => {
  const scored = integers(await readFile(modelFile), 'foretoken.head_tokens')
  expect(scored).toHaveLength(8192)
  expect(scored).toEqual([...new Set(scored)].sort((a, b) => a - b))
  expect(scored[0]).toBeGreaterThanOrEqual(0)
  expect(scored.at(-1)).toBeLessThan(49_152)
  expect(scored).toContain(2)
})
