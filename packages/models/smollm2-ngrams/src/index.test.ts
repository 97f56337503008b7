import { readFile } from 'node:fs/promises'
import { loadNgramTable } from '@foretoken/drafter-ngram'
import { expect, it } from 'vitest'
import { ngramFile } from './index.ts'

it('points at a table of n-grams of the vocabulary of SmolLM2, of at most 6 MB', async () => {
  const bytes = await readFile(ngramFile)
  expect(bytes.length).toBeLessThan(6e6)
  const { vocabularySize, contexts } = loadNgramTable(bytes)
  expect(vocabularySize).toBe(49_152)
  expect(contexts).toBeGreaterThan(10_000)
})
