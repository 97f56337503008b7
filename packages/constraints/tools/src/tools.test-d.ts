import type { Json } from '@foretoken/constraint-json-schema'
import { expectTypeOf } from 'vitest'
import type { Tool, ToolCall, ToolCallOf } from './tools.ts'

const tools = [
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
  { type: 'function', function: { name: 'now' } },
] as const satisfies readonly Tool[]

declare const call: ToolCallOf<typeof tools>
if (call.name === 'weather') expectTypeOf(call.arguments).toEqualTypeOf<{ city: string }>()
else expectTypeOf(call).toEqualTypeOf<ToolCall<'now', { [key: string]: never }>>()

expectTypeOf<ToolCallOf<readonly Tool[]>>().toEqualTypeOf<ToolCall<string, Json>>()
