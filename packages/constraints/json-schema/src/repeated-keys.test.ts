import { constrain, vocabulary } from '@foretoken/constraint'
import { ForetokenError } from '@foretoken/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonSchema } from './json-schema.ts'
import type { JsonObject, Schema } from './resources.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })
const utf8 = new TextEncoder()

const pairs = ['a', 'b', 'x'].flatMap((key) => ['1', '3', '"s"', 'null'].map((value) => `"${key}":${value}`))
/** Every object of up to three members from a few keys and values, repeated keys included. */
const texts: readonly Uint8Array[] = pairs
  .flatMap((one) => [[one], ...pairs.flatMap((two) => [[one, two], ...pairs.map((three) => [one, two, three])])])
  .map((members) => utf8.encode(`{${members.join()}}`))

const leaf: fc.Arbitrary<Schema> = fc.constantFrom<Schema>(
  true,
  false,
  { type: 'integer' },
  { type: 'string' },
  { const: 1 },
  { minimum: 2 },
  { type: ['null', 'integer'] },
  { not: { const: 1 } },
)
const key = fc.constantFrom('a', 'b', 'x')
const pattern = fc.constantFrom('^a', 'b|x', '^[ab]$', '^.$')
const one = <Value>(keys: fc.Arbitrary<string>, value: fc.Arbitrary<Value>) =>
  fc.tuple(keys, value).map(([name, each]) => ({ [name]: each }))
const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc
    .array(
      fc.oneof(
        one(fc.constant('properties'), one(key, leaf)),
        one(fc.constant('required'), fc.uniqueArray(key, { minLength: 1, maxLength: 2 })),
        one(fc.constantFrom('minProperties', 'maxProperties'), fc.nat(3)),
        one(fc.constant('additionalProperties'), leaf),
        one(fc.constant('patternProperties'), one(pattern, leaf)),
        one(fc.constant('propertyNames'), fc.constantFrom({ maxLength: 1 }, { enum: ['a', 'b'] })),
        one(fc.constant('not'), tie('schema')),
        one(fc.constant('dependentSchemas'), one(key, tie('schema'))),
        one(fc.constantFrom('allOf', 'anyOf', 'oneOf'), fc.array(tie('schema'), { minLength: 1, maxLength: 2 })),
        // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas
        fc.record({ if: tie('schema'), then: tie('schema') }),
      ),
      { minLength: 1, maxLength: 2 },
    )
    .map((parts): JsonObject => Object.assign({}, ...parts)),
}))

it('accepts no object that a repeated key makes invalid', () => {
  const ajv = new Ajv2020({ strict: false, logger: false })
  let compared = 0
  fc.assert(
    fc.property(schema, (inner) => {
      const whole = { type: 'object', ...inner }
      const constraint = compiled(whole)
      if (!constraint) return
      const isValid = ajv.compile(whole)
      for (const text of texts) {
        const matcher = constraint.matcher()
        if (matcher.accepts(text) < text.length) continue
        for (const byte of text) matcher.advance(byte)
        if (!matcher.isComplete) continue
        compared++
        const written = new TextDecoder().decode(text)
        const verdict = verdictOf(isValid, JSON.parse(written))
        if (verdict !== undefined) expect(verdict, `${written} by ${JSON.stringify(whole)}`).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
  expect(compared).toBeGreaterThan(2000)
})

/** Undefined where the code that Ajv makes of a schema fails. */
function verdictOf(isValid: (value: unknown) => boolean, value: unknown): boolean | undefined {
  try {
    return isValid(value)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function compiled(whole: Schema) {
  try {
    return constrain(jsonSchema(whole, { whitespace: 'none', order: 'free' }), bytes)
  } catch (error) {
    if (ForetokenError.is(error) && error.code === 'UNSUPPORTED') return undefined
    throw error
  }
}
