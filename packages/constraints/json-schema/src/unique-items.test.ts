import { constrain, vocabulary } from '@foretoken/constraint'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonSchema } from './json-schema.ts'
import type { Json, Schema } from './resources.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })

const acceptor = (schema: Schema): ((value: Json) => boolean) => {
  const constraint = constrain(jsonSchema(schema, { whitespace: 'none' }), bytes)
  return (value) => {
    const tokens = [...new TextEncoder().encode(JSON.stringify(value)), 256]
    return constraint.matcher().accepts(tokens) === tokens.length
  }
}

/** Equal values have equal texts of this. */
const sorted = (value: Json): string =>
  JSON.stringify(value, (_, each: Json) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )

const areUnique = (items: readonly Json[]): boolean => new Set(items.map(sorted)).size === items.length

it('tells arrays and objects apart', () => {
  const any = acceptor({ uniqueItems: true })
  for (const right of [
    [],
    [[1], [2]],
    [{ a: 1 }, { a: 2 }, { b: 1 }],
    [[[['x']]], [[['y']]]],
    [{}, [], 0, false, null, ''],
  ]) {
    expect([right, any(right)]).toEqual([right, true])
  }
  for (const wrong of [
    [[1], [1]],
    [{ a: 1 }, { a: 1 }],
    [{ a: [0] }, 1, { a: [0] }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
  ]) {
    expect([wrong, any(wrong)]).toEqual([wrong, false])
  }
  const points = acceptor({
    items: {
      type: 'object',
      properties: { y: { type: 'integer' }, x: { type: 'integer' } },
      required: ['x'],
      additionalProperties: false,
    },
    uniqueItems: true,
    minItems: 2,
  })
  expect(points([{ y: 1, x: 1 }, { y: 1, x: 2 }, { x: 1 }])).toBe(true)
  expect(
    points([
      { y: 1, x: 1 },
      { y: 1, x: 1 },
    ]),
  ).toBe(false)
  expect(points([{ y: 1, x: 1 }])).toBe(false)
})

it('begins no array that could never be whole', () => {
  const few = { type: 'array', uniqueItems: true, maxItems: 2, not: { maxItems: 2 } }
  expect(acceptor({ anyOf: [few, { type: 'null' }] })(null)).toBe(true)
  const matcher = constrain(jsonSchema({ anyOf: [few, { type: 'null' }] }), bytes).matcher()
  expect(matcher.isAllowed('['.charCodeAt(0))).toBe(false)
})

it('leaves later places a value of their own', () => {
  const places = acceptor({
    prefixItems: [{ type: 'boolean' }, { const: true }, { enum: [true, 'x', 'y'] }],
    items: false,
    uniqueItems: true,
    minItems: 3,
  })
  expect(places([false, true, 'y'])).toBe(true)
  const matcher = constrain(
    jsonSchema({ type: 'array', prefixItems: [{ type: 'boolean' }, { const: true }], uniqueItems: true, minItems: 2 }),
    bytes,
  ).matcher()
  expect(new TextDecoder().decode(matcher.forced())).toBe('[false,')
  expect(() =>
    acceptor({
      type: 'array',
      prefixItems: [{ const: 1 }, { const: 2 }, { enum: [1, 2] }],
      uniqueItems: true,
      minItems: 3,
    }),
  ).toThrow(/no value satisfies/)
})

const leaf = fc.constantFrom<Schema>({ type: 'integer' }, { enum: [1, 'x'] }, { type: 'boolean' }, { type: 'string' })
const scalar = fc.constantFrom<Json>(0, 1, 'x', '', true, false)
const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2 }),
  ) as fc.Arbitrary<Json>,
})).value

it('accepts only different items, whatever their schema, and never leads where nothing may follow', () => {
  const item = fc.oneof(
    leaf,
    fc.record({ type: fc.constant('array'), items: leaf, maxItems: fc.nat(2) }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('b', 'a'), leaf, { maxKeys: 2 }),
      additionalProperties: fc.boolean(),
    }),
    fc.record({
      anyOf: fc.array(fc.record({ properties: fc.dictionary(fc.constantFrom('b', 'a'), leaf, { minKeys: 1 }) }), {
        minLength: 2,
        maxLength: 2,
      }),
    }),
  ) as fc.Arbitrary<Schema>
  const schemas = fc.record({
    prefixItems: fc.array(item, { minLength: 1, maxLength: 3 }),
    items: item,
    minItems: fc.nat(3),
    uniqueItems: fc.constant(true),
  })
  fc.assert(
    fc.property(
      schemas,
      fc.array(fc.array(value, { maxLength: 3 }), { maxLength: 30 }),
      fc.infiniteStream(fc.nat()),
      (schema, arrays, picks) => {
        let isAccepted: (value: Json) => boolean
        try {
          isAccepted = acceptor({ type: 'array', ...schema } as Schema)
        } catch (error) {
          expect((error as Error).message).toMatch(/no value satisfies/)
          return
        }
        for (const array of arrays) if (isAccepted(array)) expect(areUnique(array)).toBe(true)
        const matcher = constrain(
          jsonSchema({ type: 'array', ...schema } as Schema, { whitespace: 'none' }),
          bytes,
        ).matcher()
        let text = ''
        while (text.length < 60) {
          const mask = matcher.mask()
          const open = Array.from({ length: 257 }, (_, id) => id).filter((id) => (mask[id >> 5]! >> (id & 31)) & 1)
          expect(open.length).toBeGreaterThan(0)
          const ascii = open.filter((id) => (id >= 32 && id < 127) || id === 256)
          const closing = ascii.filter((id) => id === 256 || ']}"'.includes(String.fromCharCode(id)))
          const among = closing.length > 0 && picks.next().value! % 2 === 0 ? closing : ascii.length > 0 ? ascii : open
          const token = among[picks.next().value! % among.length]!
          matcher.advance(token)
          if (token === 256) break
          text += String.fromCharCode(token)
        }
        if (matcher.isFinished) expect(areUnique(JSON.parse(text) as Json[])).toBe(true)
      },
    ),
    { numRuns: 100 },
  )
})
