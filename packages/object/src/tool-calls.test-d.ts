import type { Model } from '@foretoken/core'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { ObjectTokenizer } from './prompt.ts'
import { generateToolCalls, streamToolCalls } from './tool-calls.ts'

declare const common: { model: Model; tokenizer: ObjectTokenizer; prompt: string }

const options = {
  ...common,
  tools: [
    {
      type: 'function',
      function: {
        name: 'weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
    { type: 'function', function: { name: 'count', parameters: z.object({ n: z.string().transform(Number) }) } },
    { type: 'function', function: { name: 'now' } },
  ],
} as const

const { toolCalls } = await generateToolCalls(options)
for (const call of toolCalls) {
  expectTypeOf(call.name).toEqualTypeOf<'weather' | 'count' | 'now'>()
  if (call.name === 'weather') expectTypeOf(call.arguments).toEqualTypeOf<{ city: string }>()
  if (call.name === 'count') expectTypeOf(call.arguments).toEqualTypeOf<{ n: number }>()
}
// Written in the call, tools are known as literally.
const inline = await generateToolCalls({ ...common, tools: [{ type: 'function', function: { name: 'now' } }] })
expectTypeOf(inline.toolCalls[0]!.name).toEqualTypeOf<'now'>()

for await (const partial of streamToolCalls(options)) {
  for (const call of partial.toolCalls) {
    if (call.name === 'count') expectTypeOf(call.arguments).toEqualTypeOf<{ n?: string }>()
  }
}
