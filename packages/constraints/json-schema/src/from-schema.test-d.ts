import { expectTypeOf } from 'vitest'
import type { FromSchema } from './from-schema.ts'
import type { Json, Schema } from './resources.ts'

type Of<S extends Schema> = FromSchema<S>

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    age: { type: ['integer', 'null'] },
    unit: { enum: ['m', 'ft'] },
    tags: { type: 'array', items: { anyOf: [{ type: 'string' }, { const: 7 }] } },
  },
  required: ['name', 'unit', 'more'],
} as const

expectTypeOf<Of<typeof person>>().toEqualTypeOf<{
  name: string
  age?: number | null
  unit: 'm' | 'ft'
  tags?: (string | 7)[]
  more: Json
}>()
expectTypeOf<Of<{ type: 'boolean' }>>().toEqualTypeOf<boolean>()
expectTypeOf<Of<{ type: 'object' }>>().toEqualTypeOf<{ [key: string]: Json }>()
expectTypeOf<Of<{ oneOf: readonly [{ type: 'string' }, { type: 'number' }] }>>().toEqualTypeOf<string | number>()
// What is not known literally is any JSON.
expectTypeOf<Of<Schema>>().toEqualTypeOf<Json>()
expectTypeOf<Of<{ $ref: '#/$defs/a' }>>().toEqualTypeOf<Json>()
expectTypeOf<Of<{ properties: { a: { type: 'string' } } }>>().toEqualTypeOf<Json>()
expectTypeOf<Of<{ type: 'array'; prefixItems: readonly [true] }>>().toEqualTypeOf<Json[]>()
