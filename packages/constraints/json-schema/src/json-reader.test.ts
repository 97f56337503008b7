import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonReader } from './json-reader.ts'
import type { Json } from './resources.ts'

/** Whether a value is a beginning of another, as `partial` promises. */
function isBeginning(part: Json | undefined, whole: Json): boolean {
  if (part === undefined) return true
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part)
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.length <= whole.length && part.every((each, i) => isBeginning(each, whole[i]!))
  }
  if (typeof part === 'object' && part !== null) {
    const keys = Object.keys(part)
    const all = typeof whole === 'object' && whole !== null ? Object.keys(whole) : []
    const inside = (value: Json): { readonly [key: string]: Json } => value as { readonly [key: string]: Json }
    return keys.every((key) => all.includes(key) && isBeginning(inside(part)[key], inside(whole)[key]!))
  }
  return Object.is(part, whole)
}

const texts = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1), fc.boolean())
  .map(([value, indent, isEscaped]) => {
    const text = JSON.stringify(value, undefined, indent)
    if (!isEscaped) return text
    return text.replace(/[^\0-\x7f]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
  })

it('ends with what JSON.parse reads, and every partial value is a beginning of the next', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.integer({ min: 1, max: 5 })), (text, cuts) => {
      const whole = JSON.parse(text) as Json
      const reader = jsonReader()
      const seen: { readonly value: Json | undefined; readonly copy: string | undefined }[] = []
      for (let at = 0, i = 0; at < text.length; i++) {
        const next = at + (cuts[i % Math.max(1, cuts.length)] ?? 1)
        reader.push(text.slice(at, next))
        at = next
        const value = reader.partial()
        expect(isBeginning(seen.at(-1)?.value, value ?? null)).toBe(true)
        expect(isBeginning(value, whole)).toBe(true)
        seen.push({ value, copy: JSON.stringify(value) })
      }
      reader.end()
      expect(reader.isComplete).toBe(true)
      expect(reader.partial()).toEqual(whole)
      for (const { value, copy } of seen) expect(JSON.stringify(value)).toBe(copy)
    }),
    { numRuns: 300 },
  )
})

it('shows what is certain and no more', () => {
  const at = (text: string): Json | undefined => {
    const reader = jsonReader()
    reader.push(text)
    return reader.partial()
  }
  expect(at('{"a": 12')).toEqual({})
  expect(at('{"a": 12,')).toEqual({ a: 12 })
  expect(at('{"a": tr')).toEqual({})
  expect(at('{"a": true')).toEqual({ a: true })
  expect(at('{"a')).toEqual({})
  expect(at('{"a": "x\\')).toEqual({ a: 'x' })
  expect(at('{"a": "x\\ud83d')).toEqual({ a: 'x' })
  expect(at('{"a": "x\\ud83d\\ude00')).toEqual({ a: 'x😀' })
  expect(at('[[1, [2')).toEqual([[1, []]])
  expect(at(' ')).toBeUndefined()
  expect(at('"a')).toBe('a')
})

it('keeps __proto__ a key, and the later of equal keys', () => {
  const reader = jsonReader()
  reader.push('{"__proto__": {"a": 1}, "b": 1, "b": 2')
  expect(Object.keys(reader.partial() as object)).toEqual(['__proto__', 'b'])
  reader.push('}')
  expect(reader.partial()).toEqual(JSON.parse('{"__proto__": {"a": 1}, "b": 1, "b": 2}'))
  expect(({} as { a?: number }).a).toBeUndefined()
})

it('tells where the value ends', () => {
  const end = (text: string): number => jsonReader().push(text)
  expect([end('{"a": [1]} </tool>'), end('12 x'), end('12'), end('null,'), end('"a\\"b" ')]).toEqual([10, 2, 2, 4, 6])
})

it.each([
  '{a',
  '[1 2',
  '{"a" 1',
  '[,',
  '{,',
  '01',
  '1.e',
  '"\u0001',
  '"\\x',
  '"\\u00g',
  'nul1',
  '}',
  '[1}',
  '-x',
  '{"a": 1 "b"',
])('refuses %j, or never calls it complete', (text) => {
  const reader = jsonReader()
  const read = (): void => {
    reader.push(text)
    reader.push(' ')
    reader.end()
  }
  expect(() => JSON.parse(`${text} `)).toThrow()
  try {
    read()
    expect(reader.isComplete).toBe(false)
  } catch (error) {
    expect(ForetokenError.is(error)).toBe(true)
  }
})
