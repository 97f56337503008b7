import { expect, it } from 'vitest'
import type { ConstraintSource } from './constraints.ts'
import { reasonsOf } from './reasons.ts'

const utf8 = new TextEncoder()
const schema = {
  type: 'object',
  properties: { age: { type: 'integer', minimum: 0, maximum: 99 }, name: { type: 'string', maxLength: 2 } },
  required: ['age', 'name'],
  additionalProperties: false,
}

it.each<[ConstraintSource, string, string | null, string]>([
  [{ schema }, '{"age": ', '"', '"\\"" cannot stand where 0-9 must'],
  [{ schema }, '{"age": 4', '23', '"2" fits, then "3" cannot stand where "," must'],
  [{ schema }, '{"age": 4, "name": "ab', 'c', '"c" cannot stand where "\\"" must'],
  [{ schema }, '{"age": 4, "name": "ab"', null, 'the text is not complete: "}" must follow'],
  [{ schema }, '{"age": 4, "name": "ab"}', ' ', '" " cannot stand where the end must'],
  [{ schema }, '', '', 'it is a special token without text, where "{" must stand'],
  [
    { gbnf: 'root ::= [a-f]+ ("-" | "é")' },
    'ab',
    'c2',
    '"c" fits, then "2" cannot stand where "-", a-f or a character beyond ASCII must',
  ],
  [{ lark: 'start: /[^x"]+/' }, 'ab', 'x', '"x" cannot stand where any character but "\\"" and "x" or the end must'],
  [{ regex: '[abxyz]' }, '', 'é', '"é" cannot stand where "a", "b" or x-z must'],
  [{ choice: ['yes', 'yet'] }, 'ye', 'n', '"n" cannot stand where "s" or "t" must'],
])('%j after %j refuses %j: %s', (source, written, token, reason) => {
  expect(reasonsOf(source)(utf8.encode(written), utf8.encode(token ?? ''), token === null)).toBe(reason)
})
