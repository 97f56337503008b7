import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonSpelling, utf8Spelling } from './code-points.ts'
import { LIMITS } from './limits.ts'
import { patternRegex } from './pattern.ts'
import { regexes } from './regexes.ts'

const utf8 = new TextEncoder()
const PATTERNS = [
  'a(b|c)*',
  '^a(?=b)..$',
  '^(?!foo).*o$',
  '^(?=.*a)(?=.*b).{2,3}$',
  'b',
  '^$',
  '^[^\\d]{2,3}|o$',
  '^\\p{L}+$',
  '(^a|b)c',
  '^(a|ab)(c|bcd)?$',
  '[\\w-]+\\.[a-c]{2,}',
  '^.$',
  'é|\\u{1F600}',
  '^(?:a(?!b)){1,3}$',
  '^"\\\\$',
  '\\/\\-o',
]

const text = fc.string({ unit: fc.constantFrom(...'abcdfo.-/1"\\é😀\n\u2028'), maxLength: 6 })

it('matches as the runtime does, in UTF-8 and as JSON strings hold text', () => {
  const store = regexes(LIMITS)
  for (const source of PATTERNS) {
    const expected = new RegExp(source.replace('\\-o', '-o'), 'u')
    const plain = patternRegex(source, { regexes: store, spelling: utf8Spelling(store) })
    const json = patternRegex(source, { regexes: store, spelling: jsonSpelling(store) })
    fc.assert(
      fc.property(text, (each) => {
        expect([source, each, store.matches(plain, utf8.encode(each))]).toEqual([source, each, expected.test(each)])
        const spelled = utf8.encode(JSON.stringify(each).slice(1, -1))
        expect([source, each, store.matches(json, spelled)]).toEqual([source, each, expected.test(each)])
      }),
      { numRuns: 150 },
    )
  }
})

it('finds languages without a text', () => {
  const r = regexes(LIMITS)
  const of = (source: string) => patternRegex(source, { regexes: r, spelling: utf8Spelling(r), isWhole: true })
  expect(r.isEmpty(r.and([of('a+b'), of('[ab]{3}'), of('.*aab?c')]))).toBe(true)
  expect(r.isEmpty(r.and([of('a+b'), of('[ab]{3}')]))).toBe(false)
  expect(r.isEmpty(r.and([of('.*'), r.not(of('.*'))]))).toBe(true)
  const never = r.concat(of('a'), r.and([of('b+'), of('c+')]))
  expect(r.next(never, 97)).toBe(0)
})

it('names what it cannot follow', () => {
  const r = regexes(LIMITS)
  const of = (source: string) => () => patternRegex(source, { regexes: r, spelling: utf8Spelling(r) })
  for (const bad of ['(a', 'a)', '[a', '*a', 'a{3,2}', '\\u12', '(?i)a', 'a\\']) expect(of(bad)).toThrow(ForetokenError)
  expect(of('(a)\\1')).toThrow(/backreference/)
  expect(of('(?<=a)b')).toThrow(/lookbehind/)
  expect(of('a\\b')).toThrow(/word boundary/)
  expect(of('a*^b')).toThrow(/after something optional/)
  expect(of('((?=a)b)*')).toThrow(/assertion in a repetition/)
})

it('stays linear where backtracking explodes, and stops at its limit', () => {
  const r = regexes(LIMITS)
  const evil = patternRegex('^(a+)+$', { regexes: r, spelling: utf8Spelling(r) })
  expect(r.matches(evil, utf8.encode(`${'a'.repeat(5000)}b`))).toBe(false)
  const small = regexes({ ...LIMITS, regexes: 2000 })
  const wide = patternRegex('a.{40}$', { regexes: small, spelling: utf8Spelling(small) })
  let x = 1
  const input = Uint8Array.from({ length: 3000 }, () => {
    x = Math.imul(x, 1664525) + 1013904223
    return 97 + ((x >>> 28) & 1)
  })
  expect(() => small.matches(wide, input)).toThrow(/more than 2000 regexes/)
})
