import { type Constraint, constrain, vocabulary } from '@foretoken/constraint'
import { ForetokenError } from '@foretoken/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, it } from 'vitest'
import { FORMATS } from './formats.ts'
import { type JsonSchemaOptions, jsonSchema } from './json-schema.ts'
import type { Json, Schema } from './resources.ts'
import { texts } from './texts.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })
const utf8 = new TextEncoder()

function holds(constraint: Constraint, text: string): boolean {
  const tokens = [...utf8.encode(text), 256]
  return constraint.matcher().accepts(tokens) === tokens.length
}

function isAccepted(schema: Schema, text: string, options?: JsonSchemaOptions): boolean {
  return holds(constrain(jsonSchema(schema, options), bytes), text)
}

const ajv = new Ajv2020({ strict: false, logger: false })
addFormats.default(ajv)

const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  3,
  7,
  10,
  2.5,
  -0.25,
  99.75,
  100,
  1000,
  2147483648,
  '',
  'a',
  'ab',
  'abc',
  'é😀',
  'a"b\\c\n',
  '2024-02-29',
  '2023-02-29',
  '127.0.0.1',
  '23:59:59Z',
  'https://user@a-b.example:80/c?d#é',
  'http://a..b/',
  'ftp://x',
  'aGk=',
  '#/a~0',
  '#/a~',
  [],
  [1],
  [1, 1],
  [1, 2],
  ['a', 1],
  ['a', 'b', 'a'],
  [[1], [2]],
  [null, {}],
  [1, 2, 3, 'a'],
  {},
  { a: 1 },
  { a: 'x' },
  { b: 1 },
  { a: 1, b: 2 },
  { a: 1, b: 'x', c: null },
  { a: { a: { a: 1 } } },
  { ab: 1, abc: 'x' },
  { x1: 1, x2: 2 },
  { a: 1, b: 2, c: 3, d: 4 },
]

const SCHEMAS: readonly Schema[] = [
  true,
  {},
  { type: 'integer' },
  { type: ['string', 'null'] },
  { enum: [1, 'a', null, [1, 2], { a: 1 }] },
  { const: { a: 1, b: 2 } },
  { type: 'number', minimum: -0.25, exclusiveMaximum: 99.75 },
  { type: 'integer', exclusiveMinimum: 1, maximum: 10 },
  { multipleOf: 2.5 },
  { minimum: 2.5 },
  { maximum: -0.2 },
  { minLength: 1, maxLength: 2 },
  { pattern: 'b' },
  { pattern: '^a.?$' },
  { format: 'date' },
  { format: 'ipv4' },
  { format: 'url' },
  { format: 'iso-time' },
  { format: 'json-pointer-uri-fragment' },
  { format: 'int32' },
  { type: 'number', format: 'int64' },
  { format: 'constructor' },
  { items: { type: 'integer' } },
  { prefixItems: [{ type: 'string' }], items: { type: 'integer' } },
  { type: 'array', minItems: 2, maxItems: 3 },
  { contains: { const: 'a' }, minContains: 2 },
  { contains: { type: 'integer' }, maxContains: 2 },
  { items: { type: ['integer', 'string', 'null'] }, uniqueItems: true },
  { properties: { a: { type: 'integer' } }, required: ['b'] },
  { properties: { a: {}, b: {} }, additionalProperties: false },
  {
    patternProperties: { '^x': { type: 'integer' }, c: { type: 'string' } },
    additionalProperties: { type: 'integer' },
  },
  { propertyNames: { maxLength: 1 } },
  { type: 'object', minProperties: 2, maxProperties: 3 },
  { allOf: [{ required: ['a'] }, { properties: { a: { type: 'integer' } } }] },
  {
    anyOf: [
      { type: 'string', minLength: 3 },
      { type: 'object', required: ['b'] },
    ],
  },
  { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
  { oneOf: [{ multipleOf: 2.5 }, { type: 'integer' }] },
  { not: { type: ['string', 'object'] } },
  { not: { minLength: 2 } },
  { not: { type: 'string', minLength: 1, maxLength: 2 } },
  { type: 'string', not: { maxLength: 1 } },
  { not: { required: ['a'], properties: { a: { type: 'integer' } } } },
  { not: { items: { type: 'integer' } } },
  { not: { additionalProperties: { type: 'integer' } } },
  JSON.parse('{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"maxProperties": 1}}') as Schema,
  { dependentRequired: { a: ['b'] } },
  { dependentSchemas: { b: { properties: { a: { type: 'integer' } } } } },
  {
    $ref: '#/$defs/tree',
    $defs: {
      tree: {
        type: 'object',
        properties: { a: { anyOf: [{ $ref: '#/$defs/tree' }, { const: 1 }] } },
        additionalProperties: false,
      },
    },
  },
]

it('decides as a validator does', () => {
  for (const schema of SCHEMAS) {
    const validate = ajv.compile(schema as object)
    const constraint = constrain(jsonSchema(schema, { order: 'free' }), bytes)
    for (const value of VALUES) {
      const text = JSON.stringify(value)
      expect([schema, text, holds(constraint, text)]).toEqual([schema, text, validate(value)])
    }
  }
})

it('keeps the order of the schema unless told otherwise, and the whitespace asked for', () => {
  const schema = { type: 'object', properties: { a: {}, b: {} } }
  expect(isAccepted(schema, '{"b":1,"a":2}')).toBe(false)
  expect(isAccepted(schema, '{"b":1,"a":2}', { order: 'free' })).toBe(true)
  expect(isAccepted(schema, '{"a":1,"a":2}', { order: 'free' })).toBe(false)
  expect(isAccepted(schema, '{"a": 1, "b": [1, 2]}')).toBe(true)
  expect(isAccepted(schema, '{"a": 1}', { whitespace: 'none' })).toBe(false)
  expect(isAccepted(schema, '{\n  "a": 1\n}')).toBe(false)
  expect(isAccepted(schema, '{\n  "a": 1\n}', { whitespace: 'free' })).toBe(true)
  const single = { whitespace: 'single' } as const
  expect(isAccepted(schema, '{"a": 1, "b": [1, 2]}', single)).toBe(true)
  expect(isAccepted(schema, '{"a":1, "b": 2}', single)).toBe(false)
  expect(isAccepted(schema, '{"a": 1,"b": 2}', single)).toBe(false)
  expect(() => jsonSchema(schema, { whitespace: 'some' as 'single' })).toThrow(/whitespace/)
})

it('does not count a key twice towards a minimum', () => {
  expect(isAccepted({ type: 'object', minProperties: 2 }, '{"x":1,"x":2}')).toBe(false)
  expect(isAccepted({ type: 'object', minProperties: 2 }, '{"x":1,"y":2}')).toBe(true)
})

it('says by name and path what it cannot enforce', () => {
  const bad = (schema: Schema) => () => constrain(jsonSchema(schema), bytes)
  expect(bad({ properties: { a: { pattern: '(a)\\1' } } })).toThrow(/pattern at \/properties\/a .*backreference/)
  expect(bad({ items: { $recursiveRef: '#' } })).toThrow(/\$recursiveRef at \/items/)
  expect(bad({ $ref: '#/nowhere' })).toThrow(/\$ref #\/nowhere/)
  expect(bad({ $ref: '#' })).toThrow(/leads back to itself/)
  expect(bad({ type: 'object', required: ['a'], properties: { a: false } })).toThrow(/no value satisfies it/)
  expect(bad({ type: 'object', required: ['a'], properties: { a: { $ref: '#' } } })).toThrow(/no value satisfies it/)
  expect(() => jsonSchema(3 as never)).toThrow(ForetokenError)
  const left: string[] = []
  const grammar = jsonSchema(
    { properties: { a: { pattern: '(a)\\1' } } },
    { bestEffort: ({ keyword, path }) => left.push(`${keyword} ${path}`) },
  )
  constrain(grammar, bytes)
  expect(left).toEqual(['pattern /properties/a'])
})

it('meets what some keys must be, within the number of keys there may be', () => {
  // At least one key that holds an a with a number, one with a b.
  const has = (pattern: string, schema: Schema): Schema => ({
    not: { patternProperties: { [pattern]: { not: schema } } },
  })
  const both = (rest: object): Schema => ({
    type: 'object',
    allOf: [has('a', { type: 'integer' }), has('b', true)],
    propertyNames: { pattern: '^[abc]*$' },
    ...rest,
  })
  const one = constrain(jsonSchema(both({ maxProperties: 1 })), bytes)
  expect(['{"ab":1}', '{"ba": 2}', '{"cbca":3}'].map((text) => holds(one, text))).toEqual([true, true, true])
  expect(['{"a":1}', '{"b":1}', '{"ab":"x"}', '{}'].map((text) => holds(one, text))).toEqual([
    false,
    false,
    false,
    false,
  ])
  // What leads nowhere is not begun: neither a key that cannot meet both, nor a value that does not.
  expect(one.matcher().accepts(utf8.encode('{"c'))).toBe(3)
  expect(one.matcher().accepts(utf8.encode('{"a"'))).toBe(3)
  expect(one.matcher().accepts(utf8.encode('{"ab":t'))).toBe(6)
  const two = both({ maxProperties: 2, properties: { c: true }, required: ['c'] })
  expect(isAccepted(two, '{"c":0,"ab":1}')).toBe(true)
  expect(isAccepted(two, '{"c":0,"a":1}')).toBe(false)
  expect(isAccepted(both({ minProperties: 2 }), '{"ab":1,"c":2}')).toBe(true)
  expect(isAccepted(both({ minProperties: 2 }), '{"c":1,"ab":2}')).toBe(true)
  expect(() => constrain(jsonSchema(both({ maxProperties: 0 })), bytes)).toThrow('no value satisfies it')
  // A value that cannot be written leaves the others.
  const branch: Schema = {
    anyOf: [both({ maxProperties: 1, propertyNames: { pattern: '^(a|b)$' } }), { type: 'null' }],
  }
  expect(isAccepted({ properties: { x: branch } }, '{"x":null}')).toBe(true)
  expect(
    constrain(jsonSchema({ properties: { x: branch } }), bytes)
      .matcher()
      .accepts(utf8.encode('{"x":{')),
  ).toBe(5)
})

it('takes base64 for byte, on one line', () => {
  const texts = ['"aGk="', '""', '"aGkh"', '"aGk"', '"a b="', '"\\n"']
  expect(texts.map((text) => isAccepted({ format: 'byte' }, text))).toEqual([true, true, true, false, false, false])
})

it('takes away from a format no less than all that the standard allows', () => {
  // Valid strings that are not written: a leap second, a quoted local part, a prefix, many digits.
  const valid: Readonly<Record<string, readonly string[]>> = {
    time: ['23:59:60Z', '12:00:00.1234567890123456789Z'],
    'date-time': ['1990-12-31T23:59:60Z'],
    email: ['"joe bloggs"@example.com', 'joe@[127.0.0.1]'],
    uuid: ['urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380'],
    'idn-hostname': ['실례.테스트'],
    regex: ['((((a))))'],
  }
  for (const [format, strings] of Object.entries(valid)) {
    const opposites: Schema[] = [
      { not: { type: 'string', format } },
      { oneOf: [{ format }, { type: ['string', 'null'] }] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas
      { if: { type: 'string', format }, then: false },
      { not: { not: { not: { type: 'string', format } } } },
    ]
    for (const schema of opposites) {
      for (const text of strings)
        expect(isAccepted(schema, JSON.stringify(text)), `${text}, ${JSON.stringify(schema)}`).toBe(false)
    }
  }
  const objects: Schema = { type: 'object', not: { properties: { a: { format: 'time' } } } }
  expect(isAccepted(objects, '{"a":"23:59:60Z"}')).toBe(false)
  expect(isAccepted(objects, '{"a":"noon"}')).toBe(true)
  expect(isAccepted({ type: 'string', not: { format: 'email' } }, '"nobody"')).toBe(true)
  expect(() => isAccepted({ type: 'string', not: { format: 'regex' } }, '"("')).toThrow(/formats are written in part/)
})

it('knows of every format that it is written in a larger set', () => {
  const { regexes } = bytes.shared()
  const languages = texts(regexes)
  for (const format of Object.keys(FORMATS)) {
    const loose = languages.looseFormat(format) ?? languages.all
    expect(regexes.isEmpty(languages.both(languages.format(format)!, languages.without(loose))), format).toBe(true)
  }
})

it('never begins what an impossible array far below leaves no way to end', () => {
  // With both keys the schema could only be met by a list that is and is not one of strings.
  const strings: Schema = { type: 'array', items: { type: 'string' } }
  const one: Schema = {
    type: 'object',
    properties: { a: {}, b: {}, list: strings, deep: { type: 'object', properties: { list: strings } } },
    additionalProperties: false,
    oneOf: [{ required: ['a'] }, { required: ['b'] }],
  }
  const matcher = constrain(jsonSchema(one, { order: 'free' }), bytes).matcher()
  expect(matcher.accepts(utf8.encode('{"a": 1, "list": ["x"], "b"'))).toBe(25)
  expect(isAccepted(one, '{"a": 1, "list": ["x"], "deep": {"list": []}}')).toBe(true)
})
