// A short pass over a real checkpoint: what the README promises, on SmolLM2-135M-Instruct. `foretoken pull smollm2-135m`
// brings the checkpoint; without it these tests skip.
import { loadModel } from '@foretoken/backend-node'
import { defaultCacheFolder, ngramsOf, openModel } from '@foretoken/checkpoint/node'
import {
  capped,
  type Drafter,
  ForetokenError,
  type Generation,
  generate,
  type Model,
  type Verifier,
} from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { loadNgramTable, ngram } from '@foretoken/drafter-ngram'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { afterAll, beforeAll, expect, it } from 'vitest'

type Opened = Awaited<ReturnType<typeof openModel>>

const QUESTIONS = [
  'What is the capital of France? Answer in one sentence.',
  'Repeat this list word by word: apple, banana, cherry, apple, banana, cherry, date.',
  'Write a TypeScript function that adds two numbers.',
]

let opened: Opened | undefined
let model: Model | undefined

beforeAll(async () => {
  try {
    opened = await openModel('smollm2-135m', { cacheFolder: defaultCacheFolder(process.env), offline: true })
  } catch (error) {
    if (ForetokenError.is(error) && error.code === 'OFFLINE') return
    throw error
  }
  model = await loadModel(opened.folder)
}, 300_000)

afterAll(async () => {
  await model?.dispose()
  await opened?.dispose()
})

interface Ready {
  readonly model: Model
  readonly opened: Opened
}

function ready(context: { skip(reason: string): void }): Ready {
  if (opened === undefined || model === undefined) context.skip('smollm2-135m is not in the cache; pull it first')
  return { model, opened } as Ready
}

async function answer(
  { model, opened }: Ready,
  question: string,
  parts: { readonly drafter?: Drafter; readonly verifier?: Verifier } = {},
): Promise<Generation> {
  const { tokenizer } = opened
  const text = tokenizer.applyChatTemplate([{ role: 'user', content: question }], { addGenerationPrompt: true })
  const { stopTokens, tokenBytes } = tokenizer
  model.rewind(0)
  return generate({
    model,
    ...parts,
    prompt: tokenizer.encode(text, { special: true }),
    stopTokens,
    tokenBytes,
    maxTokens: 48,
  })
}

it('knows the capital of France', async (context) => {
  const { text } = await answer(ready(context), QUESTIONS[0] ?? '')
  expect(text).toContain('Paris')
})

for (const question of QUESTIONS) {
  it(`writes the same tokens with and without drafting: ${question}`, async (context) => {
    const given = ready(context)
    const plain = await answer(given, question)
    const drafted = await answer(given, question, { drafter: capped(promptLookup(), 3), verifier: exactMatch() })
    expect([...drafted.tokenIds]).toEqual([...plain.tokenIds])
    expect(drafted.stats.drafted).toBeGreaterThan(0)
  })
}

it('accepts what its trained draft model drafts, and writes the same tokens', async (context) => {
  const given = ready(context)
  const small = await openModel('smollm2-draft', { cacheFolder: defaultCacheFolder(process.env) })
  await using draft = await loadModel(small.folder, { worker: false, threads: 1 })
  const { headTokens } = small.info.architecture
  const plain = await answer(given, QUESTIONS[2] ?? '')
  await using drafter = capped(draftModel({ model: draft, vocabulary: headTokens }), 3)
  const drafted = await answer(given, QUESTIONS[2] ?? '', { drafter, verifier: exactMatch() })
  expect([...drafted.tokenIds]).toEqual([...plain.tokenIds])
  expect(drafted.stats.meanAcceptanceLength).toBeGreaterThan(1.2)
}, 300_000)

it('accepts what n-grams call likely, and writes the same tokens', async (context) => {
  const given = ready(context)
  const bytes = await ngramsOf('smollm2-135m')
  expect(bytes).toBeDefined()
  const plain = await answer(given, QUESTIONS[2] ?? '')
  const drafter = ngram({ table: bytes && loadNgramTable(bytes) })
  const drafted = await answer(given, QUESTIONS[2] ?? '', { drafter, verifier: exactMatch() })
  expect([...drafted.tokenIds]).toEqual([...plain.tokenIds])
  expect(drafted.stats.meanAcceptanceLength).toBeGreaterThan(1.2)
}, 300_000)

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

it('gives the same bits for rows fed together and one by one', async (context) => {
  const given = ready(context)
  const tokens = given.opened.tokenizer.encode('The quick brown fox jumps over the lazy dog. '.repeat(4))
  const size = given.model.vocabularySize
  given.model.rewind(0)
  const together = Float32Array.from((await given.model.step({ tokens })).logits)
  for (let i = 0; i < tokens.length; i++) {
    const { logits } = await given.model.step({ tokens: tokens.subarray(i, i + 1) })
    expect(bytesOf(logits).equals(bytesOf(together.subarray(i * size, (i + 1) * size)))).toBe(true)
    given.model.commit(Int32Array.of(0))
  }
})
