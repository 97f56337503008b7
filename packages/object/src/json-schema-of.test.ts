import type { Json } from '@foretoken/constraint-json-schema'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { closed } from './closed.ts'
import { jsonSchemaOf, validated } from './json-schema-of.ts'

it('takes a JSON Schema as it is', () => {
  const schema = { properties: { a: { type: 'string' } } } as const
  expect(jsonSchemaOf(schema)).toBe(schema)
  expect(jsonSchemaOf(true)).toBe(true)
})

it('takes the input of Zod, its objects closed unless they say otherwise', () => {
  const schema = z.object({
    a: z.string().default('x'),
    b: z.looseObject({ c: z.number() }),
    d: z.array(z.union([z.object({ e: z.literal(1) }), z.null()])),
  })
  expect(jsonSchemaOf(schema)).toMatchObject({
    properties: {
      a: { type: 'string' },
      b: { additionalProperties: {} },
      d: { items: { anyOf: [{ additionalProperties: false }, { type: 'null' }] } },
    },
    required: ['b', 'd'],
    additionalProperties: false,
  })
})

it('takes Valibot by its converter', async () => {
  const schema = v.object({ a: v.pipe(v.string(), v.minLength(2)) })
  expect(() => jsonSchemaOf(schema)).toThrow(/valibot tells no JSON Schema\. Pass one as `jsonSchema`/)
  const expected = { properties: { a: { type: 'string', minLength: 2 } }, additionalProperties: false }
  expect(jsonSchemaOf(toStandardJsonSchema(schema))).toMatchObject(expected)
  expect(jsonSchemaOf(schema, expected)).toBe(expected)
  expect(await validated(schema, { a: 'xy' })).toEqual({ a: 'xy' })
  await expect(validated(schema, { a: 'x' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

it('says why there is no JSON Schema', () => {
  expect(() => jsonSchemaOf(z.object({ a: z.date() }))).toThrow(/zod has no JSON Schema: Date/)
})

it('closes no object that other schemas speak of', () => {
  const object: Json = { properties: { a: true } }
  const shut = { ...object, additionalProperties: false }
  expect(closed({ $defs: { o: object }, items: object, anyOf: [object, { $ref: '#/$defs/o' }] })).toEqual({
    $defs: { o: shut },
    items: shut,
    anyOf: [shut, { $ref: '#/$defs/o' }],
  })
  for (const schema of [
    { allOf: [object, object] },
    { ...object, anyOf: [object] },
    { items: { ...object, $ref: '#/x', title: 'x' } },
    { properties: { not: { not: object } } },
  ]) {
    expect(closed(schema)).toBe(schema)
  }
  // Names are no keywords, and data is no schema.
  expect(closed({ properties: { allOf: object }, default: { not: 1 } })).toEqual({
    properties: { allOf: shut },
    default: { not: 1 },
    additionalProperties: false,
  })
})
