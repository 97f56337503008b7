import type { Json, Schema } from '@foretoken/constraint-json-schema'
import { ForetokenError, pathTo, type Run, type Verifier } from '@foretoken/core'
import { randomDrafter, referenceVerifier, toyModel } from '@foretoken/testkit'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { generateObject, streamObject } from './object.ts'
import type { Message, ObjectTokenizer } from './prompt.ts'

const utf8 = new TextEncoder()
const SIZE = 257
/** Each byte is a token; 256 ends a text. */
const tokenizer: ObjectTokenizer = {
  vocabularySize: SIZE,
  stopTokens: [256],
  tokenBytes: (id) => (id < 256 ? Uint8Array.of(id) : new Uint8Array(0)),
  encode: (text) => Int32Array.from(utf8.encode(text)),
  hasChatTemplate: false,
  applyChatTemplate: () => '',
}
const toy = (seed = 0) => toyModel({ vocabularySize: SIZE, contextLength: 400, seed })
const person = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 6 },
    tags: { type: 'array', items: { enum: ['a', 'bc', 'é'] }, maxItems: 3 },
    size: { type: 'integer', minimum: -9, maximum: 99 },
  },
  required: ['name', 'tags', 'size'],
  additionalProperties: false,
} as const satisfies Schema
const isValid = new Ajv2020().compile(person)
const common = { tokenizer, schema: person, prompt: 'p', temperature: 1, maxTokens: 300 } as const

/** Keeps the first drafted token whatever the target says. */
const careless = (): Verifier => {
  const { manifest, verify } = referenceVerifier('rejection')
  return {
    manifest: { ...manifest, name: 'careless' },
    verify: (draft, target, draws) =>
      draft.tokens.length === 0 ? verify(draft, target, draws) : { kind: 'bonus', path: pathTo(draft, 0), token: 0 },
  }
}

async function refusal(work: Promise<unknown>): Promise<ForetokenError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!ForetokenError.is(error)) throw error ?? new Error('Nothing was refused.')
  return error
}

describe('generateObject', () => {
  it('gives values that fit, the same with every kind of drafting', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const random = randomDrafter({ vocabularySize: SIZE, width: 2, seed })
      const kinds = [{}, { drafter: 'none' as const }, { drafter: random }]
      const texts = new Set<string>()
      for (const kind of kinds) {
        const result = await generateObject({ ...common, model: toy(seed), seed, ...kind })
        expect(result).toMatchObject({ isComplete: true, finishReason: 'stop', guarantee: 'lossless' })
        expect(isValid(result.object)).toBe(true)
        expect(result.object).toEqual(JSON.parse(result.text))
        expect(result.stats.tokens).toBe(result.tokenIds.length)
        texts.add(result.text)
      }
      expect(texts.size).toBe(1)
      const rejection = { drafter: random, verifier: referenceVerifier('rejection') }
      expect(isValid((await generateObject({ ...common, model: toy(seed), seed, ...rejection })).object)).toBe(true)
    }
  })

  it('never calls a value complete that was cut', async () => {
    const whole = await generateObject({ ...common, model: toy(), seed: 5 })
    for (let maxTokens = 1; maxTokens < whole.tokenIds.length; maxTokens++) {
      const result = await generateObject({ ...common, model: toy(), seed: 5, maxTokens })
      // Without its last token, the end, the text is whole all the same.
      const isWhole = maxTokens === whole.tokenIds.length - 1
      expect(result).toMatchObject({ isComplete: isWhole, finishReason: 'length' })
      expect(result.object).toEqual(isWhole ? whole.object : undefined)
      if (!result.isComplete) expect(whole.object).toMatchObject({ ...result.partial, ...cutOf(result.partial) })
    }
    function cutOf(partial: object | undefined): object {
      const cut = Object.keys(partial ?? {}).filter((key) => key !== 'size')
      return Object.fromEntries(cut.map((key) => [key, expect.anything()]))
    }
  })

  it('takes a number that may go on for cut, and one that may not for whole', async () => {
    const number = { ...common, schema: { type: 'integer', minimum: 1, maximum: 99 }, seed: 0, maxTokens: 1 } as const
    const one = await generateObject({ ...number, model: toy() })
    expect(one).toMatchObject({ isComplete: false, partial: undefined, text: expect.stringMatching(/^[1-9]$/) })
    const two = await generateObject({ ...number, model: toy(8), maxTokens: 2, seed: 2 })
    expect(two).toMatchObject({ isComplete: true, object: Number(two.text) })
  })

  it('stops when it is told to, and the model stays usable', async () => {
    const model = toy()
    const stop = new AbortController()
    const options = { ...common, model, seed: 5, signal: stop.signal, onRun: () => stop.abort() }
    expect((await refusal(generateObject(options))).code).toBe('ABORTED')
    expect((await generateObject({ ...common, model, seed: 5 })).isComplete).toBe(true)
  })

  it('tells each run', async () => {
    const runs: Run[] = []
    const { text, tokenIds } = await generateObject({ ...common, model: toy(), onRun: (run) => runs.push(run) })
    expect(runs.map((run) => run.text).join('')).toBe(text)
    expect(runs.flatMap((run) => [...run.tokenIds])).toEqual([...tokenIds])
  })

  it('refuses what a verifier lets through against the schema', async () => {
    const drafter = randomDrafter({ vocabularySize: SIZE, seed: 1 })
    const error = await refusal(generateObject({ ...common, model: toy(), drafter, verifier: careless() }))
    expect(error).toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('(careless) accepted what JSON Schema forbids'),
    })
  })

  it.each([
    [{ prompt: undefined }, 'exactly one of them'],
    [{ messages: [{ role: 'user', content: 'x' }] }, 'exactly one of them'],
    [{ prompt: undefined, messages: [{ role: 'user', content: 'x' }] }, 'no chat template'],
    [{ system: 'x' }, 'no chat template'],
    [{ tellSchema: true }, 'no chat template'],
    [{ nonsense: 1 }, 'is not an option'],
    [{ stopStrings: ['x'] }, 'is not an option'],
    [{ drafter: 'none', verifier: careless() }, 'a drafter'],
    [{ schema: 7 }, 'a JSON Schema or a Standard Schema'],
    [{ schema: { $recursiveRef: '#' } }, '$recursiveRef'],
    [{ schema: false }, 'no value satisfies it'],
    [{ tokenizer: { ...tokenizer, stopTokens: [] } }, 'no stop tokens'],
    [{ maxTokens: 0 }, 'maxTokens'],
  ])('refuses %j', async (changes, words) => {
    const options = { ...common, model: toy(), ...(changes as object) }
    expect((await refusal(generateObject(options))).message).toContain(words)
  })

  it('puts prompt, system and schema through the chat template', async () => {
    const seen: (readonly Message[])[] = []
    const chat: ObjectTokenizer = {
      ...tokenizer,
      hasChatTemplate: true,
      applyChatTemplate(messages, options) {
        expect(options).toMatchObject({ addGenerationPrompt: true })
        seen.push(messages)
        return 'T'
      },
    }
    const options = { ...common, tokenizer: chat, model: toy(), maxTokens: 1 }
    await generateObject({ ...options, system: 'S' })
    await generateObject({ ...options, tellSchema: true })
    await generateObject({ ...options, raw: true })
    expect(seen).toEqual([
      [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'p' },
      ],
      [
        { role: 'system', content: expect.stringContaining('"maxLength":6') },
        { role: 'user', content: 'p' },
      ],
    ])
  })
})

describe('streamObject', () => {
  it('gives beginnings of the value, each once, and the result', async () => {
    const stream = streamObject({ ...common, model: toy(3), seed: 4 })
    const partials: unknown[] = []
    for await (const partial of stream) partials.push(partial)
    const { object } = await stream.result()
    expect(partials.at(-1)).toEqual(object)
    expect(new Set(partials.map((each) => JSON.stringify(each))).size).toBe(partials.length)
    expect(partials.length).toBeGreaterThan(3)
    expect(object).toEqual((await generateObject({ ...common, model: toy(3), seed: 4 })).object)
  })

  it('ends the generation where its loop is left', async () => {
    let runs = 0
    const stream = streamObject({ ...common, model: toy(3), seed: 4, drafter: 'none', onRun: () => runs++ })
    for await (const _ of stream) break
    const before = runs
    expect((await refusal(stream.result())).code).toBe('ABORTED')
    expect(runs).toBe(before)
  })

  it('tells an error once to the loop, and to whoever asks for the result', async () => {
    const stream = streamObject({ ...common, model: toy(), schema: false })
    const loop = async (): Promise<void> => {
      for await (const _ of stream);
    }
    expect((await refusal(loop())).code).toBe('UNSUPPORTED')
    expect((await refusal(stream.result())).code).toBe('UNSUPPORTED')
  })
})

describe('a check that JSON Schema cannot say', () => {
  const short = z.object({ n: z.int().min(0).max(99) })
  it('transforms what passes', async () => {
    const schema = short.transform(({ n }) => n + 1)
    const { object, text } = await generateObject({ ...common, schema, model: toy() })
    expect(object).toBe((JSON.parse(text) as { n: number }).n + 1)
  })

  it('refuses what does not, with the value', async () => {
    const schema = short.refine(() => false, { message: 'never', path: ['n'] })
    const error = await refusal(generateObject({ ...common, schema, model: toy() }))
    expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('zod refuses it at n: never') })
    expect((error.details['value'] as { n: Json }).n).toBeTypeOf('number')
  })
})
