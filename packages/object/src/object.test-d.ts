import type { Json, Schema } from '@foretoken/constraint-json-schema'
import type { Model } from '@foretoken/core'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { generateObject, streamObject } from './object.ts'
import type { ObjectTokenizer } from './prompt.ts'

declare const common: { model: Model; tokenizer: ObjectTokenizer; prompt: string }

const fromZod = await generateObject({ ...common, schema: z.object({ a: z.string(), b: z.literal('x').optional() }) })
if (fromZod.isComplete) expectTypeOf(fromZod.object).toEqualTypeOf<{ a: string; b?: 'x' | undefined }>()
else expectTypeOf(fromZod.partial).toEqualTypeOf<{ a?: string; b?: string | undefined } | undefined>()

// A value that was not checked for completeness may be missing, destructured or not.
expectTypeOf(fromZod.object).toEqualTypeOf<{ a: string; b?: 'x' | undefined } | undefined>()
const { isComplete, object } = fromZod
if (isComplete) expectTypeOf(object.a).toEqualTypeOf<string>()

const fromValibot = await generateObject({ ...common, jsonSchema: {}, schema: v.object({ a: v.number() }) })
if (fromValibot.isComplete) expectTypeOf(fromValibot.object).toEqualTypeOf<{ a: number }>()

const literal = await generateObject({
  ...common,
  schema: { type: 'object', properties: { a: { enum: ['m', 'ft'] }, b: { type: 'number' } }, required: ['a'] },
})
if (literal.isComplete) expectTypeOf(literal.object).toEqualTypeOf<{ a: 'm' | 'ft'; b?: number }>()

declare const unknown: Schema
const dynamic = await generateObject({ ...common, schema: unknown })
if (dynamic.isComplete) expectTypeOf(dynamic.object).toEqualTypeOf<Json>()

// Partial values are of the input, before transformations.
const transformed = z.object({ a: z.string() }).transform(({ a }) => a.length)
const stream = streamObject({ ...common, schema: transformed })
for await (const partial of stream) expectTypeOf(partial).toEqualTypeOf<{ a?: string }>()
const last = await stream.result()
if (last.isComplete) expectTypeOf(last.object).toEqualTypeOf<number>()

// @ts-expect-error: decoding must be told a schema
await generateObject({ ...common })
