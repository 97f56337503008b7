import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadModel } from '@foretoken/backend-node'
import { openModel, type PreparedHandle } from '@foretoken/checkpoint/node'
import { capped, type DecodeOptions, generate, type LogitsProcessor, type Model } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { topK } from '@foretoken/sampler-top-k'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf } from './digest.ts'
import type { Refusal } from './follow.ts'
import { type ProcessorRecord, type Receipt, type ReceiptContent, receipt, verifyReceipt } from './index.ts'

const COUNT = 100
const hashes = { weights: 'of this test' }
const rebuild = ({ options }: ProcessorRecord): LogitsProcessor => topK(options as number)
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
  const isNarrow = i % 4 > 1
  const methods = [
    {},
    { drafter: capped(promptLookup(), 3), verifier: speculativeSampling() },
    { drafter: capped(draftModel({ model: draft }), 3), verifier: exactMatch() },
  ]
  const options: DecodeOptions = {
    model,
    prompt: stories.tokenizer.encode(openings[i % openings.length]!, { begin: true }),
    temperature: isGreedy ? 0 : 0.9,
    processors: isNarrow ? [topK(40)] : [],
    seed: i,
    maxTokens: 16 + (i % 5),
    stopTokens: i % 3 === 0 ? stories.tokenizer.encode('.') : Int32Array.of(),
    ...methods[i % methods.length],
  }
  return { options, processors: isNarrow ? [{ name: 'top-k', options: 40 }] : [] }
}

async function record(i: number): Promise<Receipt> {
  const { options, processors } = optionsOf(i)
  model.rewind(0)
  const generation = await generate(options)
  return receipt({ options, generation, model: { name: 'stories', hashes }, processors, rebuild })
}

const verify = (written: Receipt) => verifyReceipt(written, { model, hashes, rebuild })

/** One thing changed in each, in turns. */
function forge({ digest: _, ...content }: Receipt, i: number): ReceiptContent {
  const { options, output, prompt } = content
  const { tokens } = output
  const at = (i * 7) % tokens.length
  const other = (token: number): number => (token + 1 + i) % model.vocabularySize
  const tokensWith = (changed: readonly number[]): ReceiptContent => ({
    ...content,
    output: { ...output, tokens: changed },
  })
  const optionsWith = (changed: Partial<typeof options>): ReceiptContent => ({
    ...content,
    options: { ...options, ...changed },
  })
  const forgeries = [
    () => tokensWith(tokens.with(at, other(tokens[at]!))),
    () => optionsWith({ seed: options.seed + 1000 }),
    () => optionsWith({ temperature: options.temperature + 0.4 }),
    () => optionsWith({ maxTokens: options.maxTokens! + 1 }),
    () => optionsWith({ stopTokens: [...options.stopTokens, tokens[at]!] }),
    () => tokensWith(tokens.with(at, model.vocabularySize + i)),
    () => optionsWith({ processors: [{ name: 'top-k', options: 2 }] }),
    () => tokensWith(tokens.slice(0, -1)),
    () => ({ ...content, prompt: prompt.with(-1, other(prompt.at(-1)!)) }),
    () => tokensWith([...tokens, tokens[at]!]),
    () => ({
      ...content,
      output: { ...output, finishReason: output.finishReason === 'stop' ? 'length' : 'stop' } as const,
    }),
    () => optionsWith({ maxTokens: Math.max(1, at) }),
  ]
  return forgeries[i % forgeries.length]!()
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

it(`${COUNT} generations verify, and each is refused at the right place after a change`, async () => {
  const places: string[] = []
  for (let i = 0; i < COUNT; i++) {
    const written = await record(i)
    const { length } = written.output.tokens
    expect(await verify(written), `generation ${i}`).toEqual({
      verdict: 'follows',
      followed: length,
      hasSameBits: true,
    })

    const content = forge(written, i)
    const isResealed = i % 2 === 0
    const digest = isResealed ? await digestOf(content) : written.digest
    const refusal = await rightPlace(content, isResealed)
    const { verdict, refusal: told } = await verify({ ...content, digest })
    expect(told, `forgery ${i}`).toEqual(refusal)
    expect(verdict).toBe(refusal ? 'refused' : 'follows')
    places.push(refusal?.place ?? 'none')
  }
  const count = (place: string): number => places.filter((each) => each === place).length
  // A resealed change that changes no token, such as another seed of a greedy run, is another true receipt.
  expect(count('none')).toBeLessThan(COUNT / 8)
  for (const place of ['token', 'finish', 'digest']) expect(count(place), place).toBeGreaterThan(3)
})
