import { type Constraint, constrain, vocabulary } from '@foretoken/constraint'
import type { Schema } from '@foretoken/constraint-json-schema'
import { rng, STREAMS } from '@foretoken/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readToolCalls, toolCallReader } from './tool-call-reader.ts'
import { type ToolCallsOptions, toolCalls } from './tool-calls.ts'
import type { Tool, ToolCall } from './tools.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })
const utf8 = new TextEncoder()

const weather: Schema = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 5 }, days: { type: 'integer', minimum: 1, maximum: 14 } },
  required: ['city'],
  additionalProperties: false,
}
const TOOLS: readonly Tool[] = [
  { type: 'function', function: { name: 'weather', description: 'of a place', parameters: weather } },
  { type: 'function', function: { name: 'now "é"' } },
]

function compiled(options: ToolCallsOptions = {}): Constraint {
  return constrain(toolCalls(TOOLS, options), bytes)
}
function accepts(constraint: Constraint, text: string): boolean {
  const tokens = [...utf8.encode(text), 256]
  return constraint.matcher().accepts(tokens) === tokens.length
}

const call = '{"name": "weather", "arguments": {"city": "Rome", "days": 3}}'
const now = '{"name": "now \\"é\\"", "arguments": {}}'
const marked = (...calls: string[]): string => calls.map((each) => `<tool_call>\n${each}\n</tool_call>`).join('\n')

describe('toolCalls', () => {
  it.each([
    [{}, call, true],
    [{}, now, true],
    [{}, `I look. ${call}`, true],
    [{}, 'No need {"names": 1} to [call', true],
    [{}, '', true],
    [{}, `${call} and more`, false],
    [{}, '{"name": "other"', false],
    [{}, '{ "name":"weather", "arguments": {"city": "Rome"}}', true],
    [{}, 'Like {"name": 7}', false],
    [{}, call.replace('3', '30'), false],
    [{ choice: 'required' }, call, true],
    [{ choice: 'required' }, ` ${call}`, false],
    [{ choice: 'required' }, '', false],
    [{ choice: { name: 'weather' } }, now, false],
    [{ choice: { name: 'weather' } }, call, true],
    [{ choice: 'required', parallel: true }, `[${call}, ${now}]`, true],
    [{ choice: 'required', parallel: true }, '[]', false],
    [{ choice: 'required', parallel: true }, call, false],
    [{ parallel: true }, `Both [ [${call}]`, true],
    [{ format: 'hermes' }, `Well: ${marked(call)}`, true],
    [{ format: 'hermes' }, marked(call, now), false],
    [{ format: 'hermes' }, 'Not <tool_call', true],
    [{ format: 'hermes' }, 'Not <tool_call>', false],
    [{ format: 'hermes', parallel: true }, marked(call, now, call), true],
    [{ format: 'hermes', parallel: true, choice: 'required' }, `x${marked(call)}`, false],
  ] satisfies [ToolCallsOptions, string, boolean][])('%j: %j is %j', (options, text, expected) => {
    expect(accepts(compiled(options), text)).toBe(expected)
  })

  it.each([
    [() => toolCalls([]), 'at least one tool'],
    [() => toolCalls([{ type: 'other' } as never]), 'no function with a name'],
    [() => toolCalls([TOOLS[0]!, TOOLS[0]!]), 'a second "weather"'],
    [() => toolCalls([{ type: 'function', function: { name: 'a', parameters: true } }]), "type: 'object'"],
    [() => toolCalls(TOOLS, { choice: { name: 'x' } }), 'auto, required or one of weather'],
    [() => toolCalls(TOOLS, { tool: 1 } as never), 'is not an option'],
    [
      () =>
        constrain(
          toolCalls([
            { type: 'function', function: { name: 'a', parameters: { type: 'object', $recursiveRef: '#' } } },
          ]),
          bytes,
        ),
      'The parameters of a: $recursiveRef',
    ],
  ])('refuses bad tools: %#', (make, words) => {
    expect(make).toThrow(words)
  })
})

const layouts = fc.record({ format: fc.constantFrom('json', 'hermes'), parallel: fc.boolean() })
const texts = fc.string({
  unit: fc.constantFrom('a', ' ', '\n', '{', '[', '"', ':', 'é', '<', '<tool', '{"name"', '{"n'),
})
const someCalls = fc.array(
  fc.oneof(
    fc.record({
      name: fc.constant('weather'),
      arguments: fc.record({ city: fc.string({ maxLength: 5 }), days: fc.integer({ min: 1, max: 14 }) }),
    }),
    fc.constant({ name: 'now "é"', arguments: {} }),
  ),
  { maxLength: 3 },
)

/** As a model writes it. */
function written(text: string, calls: readonly ToolCall[], layout: { format: string; parallel: boolean }): string {
  const each = calls.map(({ name, arguments: values }) => {
    const members = Object.entries(values as object).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
    return `{"name": ${JSON.stringify(name)}, "arguments": {${members.join(', ')}}}`
  })
  if (calls.length === 0) return text
  if (layout.format === 'hermes') return text + marked(...each)
  return text + (layout.parallel ? `[${each.join(', ')}]` : each[0]!)
}

it('accepts what models write, and reads it back, at every cut', () => {
  fc.assert(
    fc.property(layouts, texts, someCalls, (given, text, several) => {
      const layout = given as { format: 'json' | 'hermes'; parallel: boolean }
      const calls = layout.parallel ? several : several.slice(0, 1)
      const isFree = !/\{\s*"name"\s*:|<tool_call>/.test(text)
      fc.pre(isFree)
      const whole = written(text, calls, layout)
      expect(accepts(compiled(layout), whole)).toBe(true)
      expect(readToolCalls(whole, layout)).toEqual({ text, calls })
      const reader = toolCallReader(layout)
      let before = ''
      for (const character of whole) {
        reader.push(character)
        const answer = reader.answer()
        expect(answer.text.startsWith(before) && text.startsWith(answer.text)).toBe(true)
        before = answer.text
        expect(answer.calls).toEqual(calls.slice(0, answer.calls.length))
        if (answer.open) expect(calls[answer.calls.length]?.name).toBe(answer.open.name)
      }
    }),
    { numRuns: 150 },
  )
})

it('only ever writes calls that fit, whatever is drawn', () => {
  const isValid = new Ajv2020().compile(weather as object)
  const layouts = [
    { format: 'hermes', parallel: true },
    { format: 'json', parallel: true },
    { format: 'json' },
  ] as const
  let ended = 0
  for (const [i, layout] of layouts.entries()) {
    const constraint = compiled({ ...layout, choice: 'required' })
    for (let seed = 0; seed < 40; seed++) {
      const matcher = constraint.matcher()
      const written: number[] = []
      for (let at = 0; !matcher.isFinished && at < 2000; at++) {
        const allowed = [...Array(257).keys()].filter((id) => matcher.isAllowed(id))
        const draw = Math.floor(rng(seed).uniform(STREAMS.sample, at, i) * allowed.length)
        matcher.advance(allowed[draw]!)
        if (allowed[draw]! < 256) written.push(allowed[draw]!)
      }
      if (!matcher.isFinished) continue
      ended++
      const { calls, text } = readToolCalls(new TextDecoder().decode(Uint8Array.from(written)), layout)
      expect(text).toBe('')
      expect(calls.length).toBeGreaterThan(0)
      for (const { name, arguments: values } of calls) {
        expect(name === 'weather' ? isValid(values) : JSON.stringify(values) === '{}').toBe(true)
      }
    }
  }
  expect(ended).toBeGreaterThan(60)
})

it('refuses to read what is no call', () => {
  expect(() => readToolCalls('<tool_call>[1]</tool_call>', { format: 'hermes' })).toThrow('is no call')
  expect(() => readToolCalls('{"name": x')).toThrow('no JSON')
})
