import {
  type DecodeOptions,
  type Drafter,
  ForetokenError,
  generate,
  type LogitsProcessor,
  type Verifier,
} from '@foretoken/core'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { topK } from '@foretoken/sampler-top-k'
import { randomDrafter, referenceVerifier, toyModel } from '@foretoken/testkit'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { describe, expect, it } from 'vitest'
import { canonical, digestOf } from './digest.ts'
import { fingerprintOf, type ProcessorRecord, parseReceipt, type Receipt, receipt, verifyReceipt } from './index.ts'

const facts = { name: 'toy', hashes: { weights: 'a1', graph: 'b2' } }
const { hashes } = facts
const processors: readonly ProcessorRecord[] = [{ name: 'top-k', options: 5 }]
const rebuild = ({ options }: ProcessorRecord): LogitsProcessor => topK(options as number)

const sampled = (seed = 7): DecodeOptions => ({
  model: toyModel({ vocabularySize: 8 }),
  prompt: Int32Array.of(1, 2, 3, 1, 2),
  temperature: 1.2,
  processors: [topK(5)],
  seed,
  maxTokens: 30,
})

async function record(options: DecodeOptions, records = processors): Promise<Receipt> {
  const generation = await generate(options)
  return JSON.parse(
    JSON.stringify(await receipt({ options, generation, model: facts, processors: records, rebuild })),
  ) as Receipt
}

async function refused(run: () => Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await run()
  } catch (error) {
    if (ForetokenError.is(error)) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

describe('a receipt', () => {
  it('verifies on a fresh model, whatever the rows of a pass', async () => {
    const written = await record(sampled())
    for (const maximumRows of [1, 3, 16]) {
      const model = toyModel({ vocabularySize: 8, maximumRows })
      expect(await verifyReceipt(written, { model, hashes, rebuild })).toEqual({
        verdict: 'follows',
        followed: 30,
        hasSameBits: true,
      })
    }
  })

  it('leaves the model as it was', async () => {
    const options = sampled()
    const model = options.model as ReturnType<typeof toyModel>
    const written = await record(options)
    const before = model.tokens()
    await verifyReceipt(written, { model, hashes, rebuild })
    expect(model.tokens()).toEqual(before)
  })

  it.each<[string, Drafter, Verifier]>([
    ['matching of a drawn draft', randomDrafter({ vocabularySize: 8 }), exactMatch()],
    ['rejection of a looked-up draft', promptLookup(), speculativeSampling()],
  ])('is written after %s', async (_, drafter, verifier) => {
    const written = await record({ ...sampled(), drafter, verifier })
    expect(written.output).toEqual((await record(sampled())).output)
    expect(written.method).toEqual({
      drafter: drafter.manifest.name,
      verifier: verifier.manifest.name,
      guarantee: 'lossless',
    })
  })

  it('is not written where tokens are no function of target and seed', async () => {
    const drafter = randomDrafter({ vocabularySize: 8 })
    const rejected = { ...sampled(), drafter, verifier: referenceVerifier('rejection') }
    expect(await refused(() => record(rejected))).toMatchObject({ code: 'UNSUPPORTED', message: /token \d+ on/ })
    const sampler = (): number => 0
    expect(await refused(() => record({ ...sampled(), sampler }))).toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('is not written of a model whose rows are not exact', async () => {
    const model = toyModel({ vocabularySize: 8, supports: ['logits:all-positions', 'kv:fork'] })
    const error = await refused(() => record({ model, prompt: Int32Array.of(1), maxTokens: 4 }, []))
    expect(error).toMatchObject({ code: 'CAPABILITY_MISSING', message: /rows:exact/ })
  })

  it('needs a record of each processor, and what makes it again', async () => {
    const options = sampled()
    const generation = await generate(options)
    const given = { options, generation, model: facts }
    expect(await refused(() => receipt(given))).toMatchObject({ code: 'BAD_OPTION', message: /\[top-k\]/ })
    expect(await refused(() => receipt({ ...given, processors }))).toMatchObject({ message: /rebuild/ })
    const written = await receipt({ ...given, processors, rebuild })
    const other = (): LogitsProcessor => ({ ...topK(5), fork: other, manifest: { ...topK(5).manifest, name: 'other' } })
    const { model } = options
    const wrong = await refused(() => verifyReceipt(written, { model, hashes, rebuild: other }))
    expect(wrong).toMatchObject({ message: /made other/ })
  })

  it('ends at stop strings as the generation did', async () => {
    const tokenBytes = (token: number): Uint8Array => Uint8Array.of(97 + token)
    const plain = await generate({ ...sampled(), tokenBytes })
    const stop = plain.text.slice(10, 13)
    const options = { ...sampled(), stopStrings: [stop], tokenBytes }
    const written = await record(options)
    expect(written.output).toMatchObject({ finishReason: 'stop' })
    expect(written.output.tokens.length).toBeLessThan(30)
    const given = { model: options.model, hashes, rebuild }
    expect(await verifyReceipt(written, { ...given, tokenBytes })).toMatchObject({ verdict: 'follows' })
    expect(await refused(() => verifyReceipt(written, given))).toMatchObject({ message: /tokenBytes/ })
  })

  it('may fill the context', async () => {
    const model = toyModel({ vocabularySize: 8, contextLength: 20 })
    const written = await record({ model, prompt: Int32Array.of(1, 2) }, [])
    expect(written.options.maxTokens).toBe(null)
    expect(written.output.tokens.length).toBe(19)
    expect(await verifyReceipt(written, { model, hashes })).toMatchObject({ verdict: 'follows', followed: 19 })
  })
})

describe('another model, machine or file', () => {
  it('is told by hash', async () => {
    const written = await record(sampled())
    const { model } = sampled()
    for (const found of [{ ...hashes, weights: 'a2' }, { graph: 'b2' }, { ...hashes, weights: 'a1', zeta: 'c3' }]) {
      const { verdict, refusal } = await verifyReceipt(written, { model, hashes: found, rebuild })
      expect(verdict).toBe('refused')
      expect(refusal).toMatchObject({ place: 'model', name: 'zeta' in found ? 'zeta' : 'weights' })
    }
  })

  it('leaves a differing token undecided where the bits differ, unless the file was changed', async () => {
    const written = await record(sampled())
    const model = toyModel({ vocabularySize: 8, seed: 1 })
    const honest = await verifyReceipt(written, { model, hashes, rebuild })
    expect(honest).toMatchObject({ verdict: 'undecided', hasSameBits: false, refusal: { place: 'token' } })
    const changed = { ...written, options: { ...written.options, seed: 8 } }
    const forged = await verifyReceipt(changed, { model, hashes, rebuild })
    expect(forged).toMatchObject({ verdict: 'refused', hasSameBits: false, refusal: { place: 'digest' } })
  })

  it('has another fingerprint after a change of one bit', async () => {
    const model = toyModel({ vocabularySize: 8 })
    const nudged = toyModel({
      vocabularySize: 8,
      logits: (context) => {
        const row = model.logits(context).slice()
        if (context.length === 9) row[3]! *= 1 + 2 ** -23
        return row
      },
    })
    expect(await fingerprintOf(model)).toMatch(/^[0-9a-f]{64}$/)
    expect(await fingerprintOf(nudged)).not.toBe(await fingerprintOf(model))
  })

  it('does not depend on the order of keys', () => {
    expect(canonical({ b: [1, null, { d: 'x', c: true }], a: 0.5 })).toBe('{"a":0.5,"b":[1,null,{"c":true,"d":"x"}]}')
  })

  it('stops when asked to', async () => {
    const written = await record(sampled())
    const signal = AbortSignal.abort()
    const { model } = sampled()
    expect(await refused(() => verifyReceipt(written, { model, hashes, rebuild, signal }))).toMatchObject({
      code: 'ABORTED',
    })
  })
})

describe('a file that is no receipt', () => {
  it.each<[string, (written: Receipt) => unknown]>([
    ['receipt', () => 'text'],
    ['receipt', () => null],
    ['surplus', (written) => ({ ...written, surplus: 1 })],
    ['hashes', (written) => ({ ...written, model: { name: 'toy' } })],
    ['weights', (written) => ({ ...written, model: { name: 'toy', hashes: { weights: 3 } } })],
    ['prompt', (written) => ({ ...written, prompt: [] })],
    ['prompt', (written) => ({ ...written, prompt: [1.5] })],
    ['temperature', (written) => ({ ...written, options: { ...written.options, temperature: -1 } })],
    ['temperature', ({ options: { temperature: _, ...rest }, ...written }) => ({ ...written, options: rest })],
    ['maxTokens', (written) => ({ ...written, options: { ...written.options, maxTokens: 0 } })],
    ['stopStrings', (written) => ({ ...written, options: { ...written.options, stopStrings: [''] } })],
    ['options', (written) => ({ ...written, options: { ...written.options, processors: [{ name: 'top-k' }] } })],
    ['tokens', (written) => ({ ...written, output: { ...written.output, tokens: [-1] } })],
    ['finishReason', (written) => ({ ...written, output: { ...written.output, finishReason: 'tired' } })],
    ['guarantee', (written) => ({ ...written, method: { ...written.method, guarantee: 'none' } })],
    ['digest', ({ digest: _, ...content }) => content],
  ])('is refused by its field %s', async (name, change) => {
    const changed = change(await record(sampled()))
    const { model } = sampled()
    const error = await refused(() => verifyReceipt(changed as Receipt, { model, hashes, rebuild }))
    expect(error).toMatchObject({ code: 'BAD_OPTION', message: new RegExp(`"${name}"`) })
  })

  it('is refused by its version', async () => {
    const written = { ...(await record(sampled())), receiptVersion: 2 }
    expect(await refused(async () => parseReceipt(written))).toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('is refused where its prompt does not fit the model', async () => {
    const { model } = sampled()
    for (const [prompt, code] of [
      [[1, 8], 'BAD_OPTION'],
      [new Array<number>(65).fill(1), 'CONTEXT_FULL'],
    ] as const) {
      const { digest: _, ...content } = { ...(await record(sampled())), prompt }
      const resealed = { ...content, digest: await digestOf(content) }
      expect(await refused(() => verifyReceipt(resealed, { model, hashes, rebuild }))).toMatchObject({ code })
    }
  })
})
