import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { capped, generate } from '@foretoken/core'
import { referenceVerifier, toyModel } from '@foretoken/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { byteTokenizer } from '../fixtures/word-tokenizer.ts'
import { retokenized } from './drafter.ts'

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

/** Says what followed the last five bytes in a text; a special token where nothing did. */
function byteModel(text: string) {
  const known = new TextEncoder().encode(text)
  const next = new Map<string, number>()
  for (let i = 5; i < known.length; i++) next.set(known.subarray(i - 5, i).join(), known[i]!)
  const logits = (context: readonly number[]) => {
    const row = new Float32Array(257)
    row[next.get(context.slice(-5).join()) ?? 256] = 9
    return row
  }
  return toyModel({ vocabularySize: 257, logits, contextLength: 4096 })
}

it('gives the tokens of plain decoding in the real runtime, with byte tokens and with its own', async () => {
  const { model, tokenizer } = target
  const prompt = tokenizer.encode('Once upon a time, there was a little')
  const write = (parts: object) => {
    model.rewind(0)
    return generate({ model, prompt, maxTokens: 80, ...parts })
  }
  const plain = await write({})
  const verifier = referenceVerifier('match')
  const bytes = byteModel(tokenizer.decode([...prompt, ...plain.tokenIds]))
  const own = { draft: draft.tokenizer, target: tokenizer }
  const other = { draft: byteTokenizer, target: tokenizer }
  const drafters = {
    'text of bytes': retokenized({ model: bytes, tokenizers: other, written: 20 }),
    'shared bytes': retokenized({ model: bytes, tokenizers: other, form: 'shared-tokens' }),
    'text of words': retokenized({ model: draft.model, tokenizers: own }),
    'shared words': retokenized({ model: draft.model, tokenizers: own, form: 'shared-tokens' }),
  }
  const lengths: Record<string, number> = {}
  for (const [name, drafter] of Object.entries(drafters)) {
    const { tokenIds, stats } = await write({ drafter: capped(drafter, 4), verifier })
    expect(tokenIds, name).toEqual(plain.tokenIds)
    lengths[name] = stats.meanAcceptanceLength
  }
  expect(lengths['text of bytes']).toBeGreaterThan(2)
  expect(lengths['text of words']).toBeGreaterThan(1.5)
  expect(lengths['shared words']).toBeGreaterThan(1.5)
})
