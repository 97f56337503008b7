import { constrain, type Matcher, vocabulary } from '@foretoken/constraint'
import { expect, it } from 'vitest'
import { jsonSchema } from './json-schema.ts'
import type { Schema } from './resources.ts'

const LIMITS = { states: 4000, regexes: 30_000 }

/** Texts that no two requests share. */
const request = (schema: string, n: number): string =>
  schema === 'items'
    ? JSON.stringify(Array.from({ length: 6 }, (_, i) => `item ${i} of ${n}`))
    : JSON.stringify(Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`key ${i} of ${n}`, i])))

it.each<[string, Schema]>([
  ['items', { type: 'array', items: { type: 'string' }, uniqueItems: true }],
  ['keys', { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 6 }],
])('serves a thousand requests for different %s with one constraint', (name, schema) => {
  const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] }, LIMITS)
  const constraint = constrain(jsonSchema(schema, { whitespace: 'none' }), bytes)
  const read = (matcher: Matcher, text: string): void => {
    for (const byte of Buffer.from(text)) matcher.advance(byte)
    matcher.mask()
  }
  const atWork = constraint.matcher()
  const whole = request(name, 1000)
  read(atWork, whole.slice(0, 30))
  let mostStates = 0
  let mostRegexes = 0
  for (let n = 0; n < 1000; n++) {
    const matcher = constraint.matcher()
    read(matcher, request(name, n))
    expect(matcher.isComplete).toBe(true)
    mostStates = Math.max(mostStates, constraint.stateCount)
    mostRegexes = Math.max(mostRegexes, bytes.shared().regexes.size)
  }
  // Half of what was free, and what one request adds.
  expect(mostStates).toBeLessThan(LIMITS.states / 2 + 500)
  expect(mostRegexes).toBeLessThan(LIMITS.regexes)
  read(atWork, whole.slice(30))
  expect(atWork.isComplete).toBe(true)
  expect(atWork.fork().isAllowed(256)).toBe(true)
})
