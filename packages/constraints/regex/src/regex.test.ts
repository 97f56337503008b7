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
})
