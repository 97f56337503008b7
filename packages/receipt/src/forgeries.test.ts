import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadModel } from '@foretoken/backend-node'
import { openModel, type PreparedHandle } from '@foretoken/checkpoint/node'
import { capped, type DecodeOptions, generate, type LogitsProcessor, type Model } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { topK } from '@foretoken/sampler-top-k'
import { topP } from '@foretoken/sampler-top-p'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf } from './digest.ts'
import type { Refusal } from './follow.ts'
import { type ProcessorRecord, type Receipt, type ReceiptContent, receipt, verifyReceipt } from './index.ts'

const COUNT = 100
const hashes = { weights: 'of this test' }
const rebuild = ({ name, options }: ProcessorRecord): LogitsProcessor =>
  name === 'top-p' ? topP(options as number) : topK(options as number)
const openings = ['Once upon a time', 'The little fox', 'One day, Lily', 'Tom had a red ball. He', '"Look!" said Mia.']

let cacheFolder = ''
let stories: PreparedHandle
let model: Model
let draft: Model

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'foretoken-receipt-'))
  stories = await openModel('stories', { cacheFolder })
  model = await loadModel(stories.folder, { threads: 1, worker: false })
  const { folder } = await openModel('stories-draft', { cacheFolder })
  draft = await loadModel(folder, { threads: 1, worker: false })
})

afterAll(async () => {
  await model.dispose()
  await draft.dispose()
  await rm(cacheFolder, { recursive: true, force: true })
})

/** Every fourth run is greedy; plain, looked up and drafted runs take turns; some end at a stop token. */
function optionsOf(i: number): { options: DecodeOptions; processors: readonly ProcessorRecord[] } {
  const isGreedy = i % 4 === 0
  const processors = [[], [], [{ name: 'top-k', options: 40 }], [{ name: 'top-p', options: 0.9 }]][i % 4]!
  const methods = [
    {},
    { drafter: capped(promptLookup(), 3), verifier: speculativeSampling() },
    { drafter: capped(draftModel({ model: draft }), 3), verifier: exactMatch() },
  ]
  const options: DecodeOptions = {
    model,
    prompt: stories.tokenizer.encode(openings[i % openings.length]!, { begin: true }),
    temperature: isGreedy ? 0 : 0.9,
    processors: processors.map(rebuild),
    seed: i,
    maxTokens: 16 + (i % 5),
    stopTokens: i % 3 === 0 ? stories.tokenizer.encode('.') : Int32Array.of(),
    ...methods[i % methods.length],
  }
  return { options, processors }
}

async function record(i: number): Promise<Receipt> {
  const { options, processors } = optionsOf(i)
  model.rewind(0)
  const generation = await generate(options)
  return receipt({ options, generation, model: { name: 'stories', hashes }, processors, rebuild })
}

const verify = (written: Receipt) => verifyReceipt(written, { model, hashes, rebuild })

const PLACES = ['first', 'middle', 'last'] as const

/** One token changed: the first, the middle or the last one. */
function forgeToken({ digest: _, ...content }: Receipt, place: (typeof PLACES)[number], i: number) {
  const { output } = content
  const last = output.tokens.length - 1
  const index = { first: 0, middle: last >> 1, last }[place]
  // Every fifth stranger is none of the vocabulary.
  const { vocabularySize } = model
  const found = i % 5 === 0 ? vocabularySize + i : (output.tokens[index]! + 1 + i) % vocabularySize
  return { index, found, content: { ...content, output: { ...output, tokens: output.tokens.with(index, found) } } }
}

type Change = (content: ReceiptContent, i: number) => ReceiptContent
const option =
  (
    change: (options: ReceiptContent['options'], content: ReceiptContent) => Partial<ReceiptContent['options']>,
  ): Change =>
  (content) => ({ ...content, options: { ...content.options, ...change(content.options, content) } })
const prompt =
  (at: (length: number) => number): Change =>
  (content, i) => {
    const index = at(content.prompt.length)
    return { ...content, prompt: content.prompt.with(index, (content.prompt[index]! + 1 + i) % model.vocabularySize) }
  }
const tokens =
  (change: (tokens: readonly number[]) => readonly number[]): Change =>
  (content) => ({ ...content, output: { ...content.output, tokens: change(content.output.tokens) } })

/** Everything else that determines an output. */
const CHANGES: Readonly<Record<string, Change>> = {
  seed: option(({ seed }) => ({ seed: seed + 1000 })),
  temperature: option(({ temperature }) => ({ temperature: temperature + 0.4 })),
  'top-p': option(() => ({ processors: [{ name: 'top-p', options: 0.3 }] })),
  'top-k': option(() => ({ processors: [{ name: 'top-k', options: 2 }] })),
  'no processors': option(({ processors }) => ({
    processors: processors.length > 0 ? [] : [{ name: 'top-k', options: 1 }],
  })),
  'more tokens': option(({ maxTokens }) => ({ maxTokens: maxTokens! + 1 })),
  'fewer tokens': option((_, { output }) => ({ maxTokens: Math.max(1, output.tokens.length >> 1) })),
  'another stop': option(({ stopTokens }, { output }) => ({ stopTokens: [...stopTokens, output.tokens[2]!] })),
  'first prompt token': prompt(() => 0),
  'middle prompt token': prompt((length) => length >> 1),
  'last prompt token': prompt((length) => length - 1),
  'cut output': tokens((all) => all.slice(0, -1)),
  'longer output': tokens((all) => [...all, all[0]!]),
  'finish reason': (content) => {
    const finishReason = content.output.finishReason === 'stop' ? 'length' : 'stop'
    return { ...content, output: { ...content.output, finishReason } }
  },
}

/** The right place, by decoding plainly with what the receipt claims and comparing. */
async function rightPlace(
  { options, prompt, output }: ReceiptContent,
  isResealed: boolean,
): Promise<Refusal | undefined> {
  model.rewind(0)
  const { tokenIds, finishReason } = await generate({
    model,
    prompt: Int32Array.from(prompt),
    temperature: options.temperature,
    seed: options.seed,
    maxTokens: options.maxTokens ?? undefined,
    stopTokens: Int32Array.from(options.stopTokens),
    processors: options.processors.map(rebuild),
  })
  const { tokens } = output
  const shared = Math.min(tokens.length, tokenIds.length)
  const index = tokens.findIndex((token, i) => token !== tokenIds[i])
  if (index >= 0 && index < shared) return { place: 'token', index, expected: tokenIds[index]!, found: tokens[index]! }
  const [expected, found] = [
    tokenIds.length === shared ? finishReason : undefined,
    tokens.length === shared ? output.finishReason : undefined,
  ]
  if (expected !== found) return { place: 'finish', index: shared, expected, found }
  return isResealed ? undefined : { place: 'digest' }
}

it(`${COUNT} generations verify, and each is refused at the right place after a change`, {
  timeout: 300_000,
}, async () => {
  const told: string[] = []
  const untold: string[] = []
  for (let i = 0; i < COUNT; i++) {
    const written = await record(i)
    const { length } = written.output.tokens
    const follows = { verdict: 'follows', followed: length, hasSameBits: true }
    expect(await verify(written), `generation ${i}`).toEqual(follows)

    const isResealed = i % 2 === 0
    const sealed = async (content: ReceiptContent): Promise<Receipt> => ({
      ...content,
      digest: isResealed ? await digestOf(content) : written.digest,
    })
    // Kinds of runs repeat every 12; dividing brings each change to each kind.
    const place = PLACES[Math.floor(i / 12) % PLACES.length]!
    const { index, found, content } = forgeToken(written, place, i)
    const expected = written.output.tokens[index]!
    const refusal = { place: 'token', index, expected, found }
    const wrongToken = await verify(await sealed(content))
    expect(wrongToken, `${place} token of generation ${i}`).toMatchObject({
      verdict: 'refused',
      followed: index,
      refusal,
    })

    const names = Object.keys(CHANGES)
    const name = names[Math.floor(i / 4) % names.length]!
    const changed = CHANGES[name]!(withoutDigest(written), i)
    const right = await rightPlace(changed, isResealed)
    const verification = await verify(await sealed(changed))
    expect(verification.refusal, `${name} of generation ${i}`).toEqual(right)
    expect(verification.verdict).toBe(right ? 'refused' : 'follows')
    if (right) told.push(name)
    else untold.push(name)
  }
  // A resealed change that changes no token, such as another seed of a greedy run, is another true receipt.
  expect(untold.length, untold.join()).toBeLessThan(COUNT / 4)
  expect([...new Set(told)].sort()).toEqual(Object.keys(CHANGES).sort())
})

const withoutDigest = ({ digest: _, ...content }: Receipt): ReceiptContent => content
