import { readFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memorySource } from '../bytes.ts'
import { readGgufHeader } from '../gguf/header.ts'
import { type Metadata, metadataOf } from '../metadata.ts'
import { tokenFactsFromConfigs, tokenFactsFromGguf } from './facts.ts'
import { type TokenizerJson, tokenizerFromGguf } from './from-gguf.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'

const folder = new URL('../../fixtures/tokenizers/', import.meta.url)
const golden = JSON.parse(await readFile(new URL('golden.json', folder), 'utf8')) as {
  texts: string[]
  ids: Record<string, number[][]>
}

async function metadata(name: string): Promise<Metadata> {
  const header = await readGgufHeader(memorySource(await readFile(new URL(`${name}.gguf`, folder)), name))
  return metadataOf(header.metadata)
}

async function rebuilt(name: string): Promise<Tokenizer> {
  const values = await metadata(name)
  // Through text, as it is kept in the cache.
  const json = JSON.parse(JSON.stringify(tokenizerFromGguf(values))) as TokenizerJson
  return createTokenizer(json, tokenFactsFromGguf(values))
}

const readJson = async (): Promise<TokenizerJson> =>
  JSON.parse(await readFile(new URL('smollm.json', folder), 'utf8')) as TokenizerJson

const code = (body: () => unknown): unknown => {
  try {
    body()
  } catch (error) {
    return ForetokenError.is(error) && error.code
  }
  return undefined
}

describe.each(Object.keys(golden.ids))('rebuilt from GGUF: %s', (name) => {
  it('gives the ids of the reference', async () => {
    const tokenizer = await rebuilt(name)
    for (const [i, text] of golden.texts.entries()) {
      expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(golden.ids[name]?.[i])
    }
  })

  it('gives back every text from the bytes of its tokens', async () => {
    const tokenizer = await rebuilt(name)
    const prefix = name === 'llama' ? ' ' : ''
    for (const text of golden.texts) {
      const ids = tokenizer.encode(text, { special: false })
      const expected = name === 'qwen2' ? text.normalize('NFC') : text
      expect(tokenizer.decode(ids)).toBe(ids.length > 0 ? prefix + expected : '')
    }
  })
})

it('gives the ids of the reference from a tokenizer.json', async () => {
  const tokenizer = createTokenizer(await readJson(), { stopTokens: [] })
  for (const [i, text] of golden.texts.entries()) {
    expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(golden.ids.smollm?.[i])
  }
})

it('takes every Unicode number for a digit, as the reference does', async () => {
  const json = await readJson()
  const vocab = json.model.vocab as Record<string, number>
  const id = Object.keys(vocab).length
  // A merge across the border that `Digits` puts before "½" (bytes C2 BD).
  const model = {
    ...json.model,
    vocab: { ...vocab, ĠÂ: id + 1 },
    merges: [['Ġ', 'Â'], ...(json.model.merges as string[][])],
  }
  const tokenizer = createTokenizer({ ...json, model }, { stopTokens: [] })
  expect([...tokenizer.encode(' ½')]).not.toContain(id + 1)
  expect([...tokenizer.encode(' °')]).toContain(id + 1)
})

it('survives any text', async () => {
  const tokenizers = await Promise.all(['smollm', 'gemma'].map(rebuilt))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
      for (const tokenizer of tokenizers) {
        expect(tokenizer.decode(tokenizer.encode(text, { special: false }))).toBe(
          new TextDecoder().decode(new TextEncoder().encode(text)),
        )
      }
    }),
    { numRuns: 50, seed: 1 },
  )
})

it('knows special tokens only where they are meant', async () => {
  const tokenizer = await rebuilt('smollm')
  expect([...tokenizer.encode('<|im_end|>')]).toEqual([2])
  const literal = tokenizer.encode('<|im_end|>', { special: false })
  expect(literal.length).toBeGreaterThan(1)
  expect(tokenizer.decode(literal)).toBe('<|im_end|>')
  expect(tokenizer.decode([2])).toBe('')
  expect(tokenizer.decode([2], { special: true })).toBe('<|im_end|>')
  expect(tokenizer.tokenBytes(2)).toEqual(new Uint8Array(0))
  expect(tokenizer.tokenName(2)).toBe('<|im_end|>')
  // Tokens that were added but are text stay text.
  const think = tokenizer.encode('<think>', { special: false })
  expect(think.length).toBe(1)
  expect(tokenizer.decode(think)).toBe('<think>')
})

it('begins a text only where asked and expected', async () => {
  expect([...(await rebuilt('smollm')).encode('Hi', { begin: true })]).toEqual([
    ...(await rebuilt('smollm')).encode('Hi'),
  ])
  expect((await rebuilt('llama-bpe')).encode('Hi', { begin: true })[0]).toBe(1)
  expect((await rebuilt('llama')).encode('Hi', { begin: true })[0]).toBe(1)
})

it('spells tokens in bytes, halves of characters too', async () => {
  const tokenizer = await rebuilt('smollm')
  const bytes = [...tokenizer.encode('🏳')].flatMap((id) => [...tokenizer.tokenBytes(id)])
  expect(bytes).toEqual([...new TextEncoder().encode('🏳')])
  const fallback = await rebuilt('llama')
  const id = [...fallback.encode('ไ')].at(-1) as number
  expect(fallback.tokenBytes(id).length).toBe(1)
})

it('finds the tokens that begin and end', async () => {
  expect(tokenFactsFromGguf(await metadata('smollm'))).toEqual({ bos: 1, addsBos: false, eos: 2, stopTokens: [0, 2] })
  const configs = {
    tokenizer: { eos_token: { content: '<|im_end|>' } },
    generation: { eos_token_id: [2, 0] },
    model: {},
  }
  expect(tokenFactsFromConfigs(await readJson(), configs)).toEqual({
    bos: 1,
    addsBos: true,
    eos: 2,
    stopTokens: [0, 2],
  })
})

it('refuses what it cannot read', async () => {
  const json = await readJson()
  const facts = { stopTokens: [] }
  const tokenizer = createTokenizer(json, facts)
  expect(code(() => tokenizer.tokenBytes(100_000))).toBe('BAD_OPTION')
  expect(code(() => tokenizer.decode([-1]))).toBe('BAD_OPTION')
  expect(code(() => createTokenizer({} as TokenizerJson, facts))).toBe('BAD_CHECKPOINT')
  expect(code(() => createTokenizer({ ...json, model: { ...json.model, vocab: { a: 1e9 } } }, facts))).toBe(
    'BAD_CHECKPOINT',
  )
  expect(code(() => createTokenizer({ ...json, model: { ...json.model, merges: 5 } }, facts))).toBe('BAD_CHECKPOINT')
  expect(code(() => createTokenizer({ ...json, decoder: null, pre_tokenizer: null }, facts))).toBe('UNSUPPORTED')
  const values = new Map<string, unknown>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.tokens', ['a']],
  ])
  expect(code(() => tokenizerFromGguf(metadataOf(values)))).toBe('BAD_CHECKPOINT')
  values.set('tokenizer.ggml.merges', []).set('tokenizer.ggml.pre', 'unheard-of')
  expect(code(() => tokenizerFromGguf(metadataOf(values)))).toBe('UNSUPPORTED')
  values.set('tokenizer.ggml.model', 'bert')
  expect(code(() => tokenizerFromGguf(metadataOf(values)))).toBe('UNSUPPORTED')
})
