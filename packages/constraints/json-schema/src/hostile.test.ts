import { constrain, vocabulary } from '@foretoken/constraint'
import { expect, it } from 'vitest'
import { jsonSchema } from './json-schema.ts'
import type { Schema } from './resources.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })

function isAccepted(schema: Schema, text: string): boolean {
  const tokens = [...new TextEncoder().encode(text), 256]
  return constrain(jsonSchema(schema), bytes).matcher().accepts(tokens) === tokens.length
}

it('ends hostile schemas within limits', () => {
  const bad = (schema: Schema) => () => constrain(jsonSchema(schema), bytes)
  const endless: { items?: Schema } = {}
  endless.items = endless as Schema
  expect(bad(endless as Schema)).toThrow(/over 1000000 parts/)
  let doubled: Schema = { type: 'string' }
  for (let i = 0; i < 400; i++) doubled = { anyOf: [doubled, { type: 'array', items: doubled }] }
  expect(bad(doubled)).toThrow(/over 1000000 parts/)
  let deep: Schema = { type: 'string' }
  for (let i = 0; i < 5000; i++) deep = { type: 'object', properties: { a: deep }, required: ['a'] }
  expect(bad(deep)).toThrow(/nested too deeply/)
  const many = (count: number, head: string, tail: string): Schema => ({
    enum: Array.from({ length: count }, (_, i) => `${head}${i}${tail}`),
  })
  expect(isAccepted(many(50_000, '', ''), '"49999"')).toBe(true)
  expect(bad(many(50_000, 'value number ', ' of many'))).toThrow(/more than 400000 regexes/)
  expect(isAccepted({ type: 'string', pattern: '^(a+)+$' }, `"${'a'.repeat(200)}"`)).toBe(true)
})
