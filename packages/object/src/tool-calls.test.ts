import type { Schema } from '@foretoken/constraint-json-schema'
import { randomDrafter, toyModel } from '@foretoken/testkit'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Message, ObjectTokenizer } from './prompt.ts'
import { generateToolCalls, streamToolCalls } from './tool-calls.ts'

const SIZE = 257
/** Each byte is a token; 256 ends a text. */
const tokenizer: ObjectTokenizer = {
  vocabularySize: SIZE,
  stopTokens: [256],
  tokenBytes: (id) => (id < 256 ? Uint8Array.of(id) : new Uint8Array(0)),
  encode: (text) => Int32Array.from(new TextEncoder().encode(text)),
  hasChatTemplate: false,
  applyChatTemplate: () => '',
}
const toy = (seed = 0) => toyModel({ vocabularySize: SIZE, contextLength: 3000, seed })
const area = {
  type: 'object',
  properties: { side: { type: 'integer', minimum: 1, maximum: 9 }, unit: { enum: ['m', 'ft'] } },
  required: ['side'],
  additionalProperties: false,
} as const satisfies Schema
const isArea = new Ajv2020().compile(area)
const tools = [
  { type: 'function', function: { name: 'area', description: 'Of a square.', parameters: area } },
  {
    type: 'function',
    function: {
      name: 'double',
      parameters: z.object({ n: z.int().min(0).max(9) }).transform(({ n }) => ({ n: 2 * n })),
    },
  },
] as const
const common = { tokenizer, tools, prompt: 'p', temperature: 1, choice: 'required', maxTokens: 900 } as const

describe('generateToolCalls', () => {
  it('gives calls that fit, transformed as their schemas say, the same with drafts', async () => {
    const names = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const format = seed % 2 === 0 ? 'json' : 'hermes'
      const options = { ...common, parallel: seed % 3 > 0, format, seed } as const
      const result = await generateToolCalls({ ...options, model: toy(seed), drafter: 'none' })
      const drafter = randomDrafter({ vocabularySize: SIZE, width: 2, seed })
      const drafted = await generateToolCalls({ ...options, model: toy(seed), drafter })
      expect(drafted.answer).toBe(result.answer)
      if (!result.isComplete) continue
      expect(result).toMatchObject({ text: '', finishReason: 'stop' })
      expect(result.toolCalls.length).toBeGreaterThan(0)
      for (const call of result.toolCalls) {
        names.add(call.name)
        if (call.name === 'area') expect(isArea(call.arguments)).toBe(true)
        else expect([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]).toContain(call.arguments.n)
      }
    }
    expect(names.size).toBe(2)
  })

  it('keeps the whole calls of an answer that was cut, and what is certain of the last', async () => {
    const model = toy(2)
    const whole = await generateToolCalls({ ...common, model, seed: 2 })
    expect(whole.isComplete).toBe(true)
    const cut = await generateToolCalls({ ...common, model, seed: 2, maxTokens: whole.tokenIds.length - 3 })
    expect(cut).toMatchObject({ isComplete: false, toolCalls: [], partial: { name: whole.toolCalls[0]?.name } })
  })

  it('lets a model that may answer with text do so', async () => {
    const result = await generateToolCalls({ ...common, model: toy(), choice: 'auto', maxTokens: 20 })
    expect(result).toMatchObject({ isComplete: false, toolCalls: [], finishReason: 'length' })
    expect(result.text).toBe(result.answer)
  })

  it('names the tool whose parameters cannot be enforced', async () => {
    const bad = { type: 'function', function: { name: 'f', parameters: { type: 'object', $recursiveRef: '#' } } }
    const work = generateToolCalls({ ...common, model: toy(), tools: [bad as never] })
    await expect(work).rejects.toMatchObject({ code: 'UNSUPPORTED', details: { tool: 'f' } })
  })
})

describe('the tools', () => {
  const seen: (readonly Message[])[] = []
  const chat = (render: (tools: unknown) => string): ObjectTokenizer => ({
    ...tokenizer,
    hasChatTemplate: true,
    applyChatTemplate(messages, options) {
      seen.push(messages)
      return render(options?.variables?.['tools'])
    },
  })
  const once = { ...common, choice: { name: 'double' }, maxTokens: 12 } as const

  it('are told by a template that knows them, in its own format', async () => {
    const knowing = chat((told) => (told ? `<tool_call> ${JSON.stringify(told)}` : 'T'))
    const result = await generateToolCalls({ ...once, tokenizer: knowing, model: toy() })
    expect(result.answer).toMatch(/^<tool_call>\n/)
    expect(seen.at(-1)).toEqual([{ role: 'user', content: 'p' }])
  })

  it('are told in the system message where the template does not know them', async () => {
    const result = await generateToolCalls({ ...once, system: 'S', tokenizer: chat(() => 'T'), model: toy() })
    expect(result.answer).toMatch(/^\{/)
    const [system] = seen.at(-1)!
    expect(system).toMatchObject({ role: 'system', content: expect.stringMatching(/^S\n\n.*\n.*"maximum":9/) })
  })
})

it('gives what is certain on the way', async () => {
  const stream = streamToolCalls({ ...common, model: toy(2), seed: 2 })
  const seen: unknown[] = []
  for await (const { toolCalls } of stream) seen.push(toolCalls[0]?.name)
  const { toolCalls } = await stream.result()
  expect(new Set(seen)).toEqual(new Set([undefined, toolCalls[0]?.name]))
})
