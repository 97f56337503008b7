import { constrain, vocabulary } from '@foretoken/constraint'
import { expect, it } from 'vitest'
import { type RegexOptions, regex } from './regex.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })

function isAccepted(pattern: RegExp | string, text: string, options?: RegexOptions): boolean {
  const tokens = [...new TextEncoder().encode(text), 256]
  return constrain(regex(pattern, options), bytes).matcher().accepts(tokens) === tokens.length
}

it('holds the whole text, or a part of it, to a pattern', () => {
  expect(isAccepted(/\d{2}:\d{2}/, '12:30')).toBe(true)
  expect(isAccepted(/\d{2}:\d{2}/, 'at 12:30')).toBe(false)
  expect(isAccepted('\\d{2}:\\d{2}', 'at 12:30', { isSearch: true })).toBe(true)
  expect(isAccepted(/[é😀]+/u, '😀é')).toBe(true)
})

it('refuses what it cannot follow', () => {
  expect(() => regex(/a/i)).toThrow(/flags i/)
  expect(() => constrain(regex('(a)\\1'), bytes)).toThrow(/backreference/)
  expect(() => constrain(regex('(a'), bytes)).toThrow(/not closed/)
  expect(() => constrain(regex('a^b$c'), bytes)).toThrow(/No text satisfies/)
  const deep = `${'('.repeat(20_000)}a${')'.repeat(20_000)}`
  expect(() => constrain(regex(deep), bytes)).toThrow(/^.{200,300}nested too deeply/)
})

it('multiplies the counts of repetitions in repetitions', () => {
  const counts = (pattern: string): number[] =>
    Array.from({ length: 41 }, (_, n) => n).filter((n) => isAccepted(pattern, 'a'.repeat(n)))
  const bounds = [0, 1, 2, 3, 5, Infinity]
  for (const a of bounds)
    for (const b of bounds)
      for (const c of bounds)
        for (const d of bounds) {
          if (a > b || c > d || a === Infinity || c === Infinity) continue
          const times = (low: number, high: number): string => `{${low},${high === Infinity ? '' : high}}`
          const pattern = `(a${times(a, b)})${times(c, d)}`
          const real = new RegExp(`^${pattern}$`)
          expect([pattern, counts(pattern)]).toEqual([
            pattern,
            Array.from({ length: 41 }, (_, n) => n).filter((n) => real.test('a'.repeat(n))),
          ])
        }
  expect(isAccepted('((a{1,100}){1,100}){1,100}', 'a'.repeat(5000))).toBe(true)
})

it('reads long patterns in linear time', () => {
  expect(isAccepted('ab?c*'.repeat(5000), 'abcc'.repeat(5000))).toBe(true)
  expect(isAccepted('\\p{L}\\p{N}?'.repeat(200), 'ä1'.repeat(200))).toBe(true)
})
