import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ALL_CODE_POINTS, jsonSpelling } from './code-points.ts'
import { terminal } from './grammar.ts'
import { constrain } from './matcher.ts'
import { patternRegex } from './pattern.ts'
import type { Regex, Regexes } from './regexes.ts'
import { vocabulary } from './vocabulary.ts'

const utf8 = new TextEncoder()
const PARTS = ['a', 'b', 'Q', '"', '":', ' ', '\\', '\\"', 'é', '深', '",', ':']
// All words of up to three parts, and pieces of characters: many end a string, or two.
// Words of other letters make those with a quote few, as they are in a real vocabulary.
const LETTERS = [...'cdefghijklmn']
const OTHERS = LETTERS.flatMap((a) =>
  LETTERS.flatMap((b) => LETTERS.flatMap((c) => [`${a}${b}${c}`, `${a}${b}${c}ab`])),
)
const WORDS = [...new Set(PARTS.flatMap((a) => ['', ...PARTS].flatMap((b) => ['', ...PARTS].map((c) => a + b + c))))]
const TOKENS = [
  ...[...WORDS, ...OTHERS].map((word) => utf8.encode(word)),
  Uint8Array.of(0xc3),
  Uint8Array.of(0xa9, 0x22),
  utf8.encode(''),
]
const words = vocabulary({
  vocabularySize: TOKENS.length,
  tokenBytes: (id) => TOKENS[id]!,
  stopTokens: [TOKENS.length - 1],
})

const heads: readonly ((r: Regexes) => Regex)[] = [
  (r) => r.repeat(jsonSpelling(r)(ALL_CODE_POINTS), 0, Infinity),
  (r) => r.repeat(jsonSpelling(r)(ALL_CODE_POINTS), 2, 5),
  (r) => r.repeat(jsonSpelling(r)(ALL_CODE_POINTS), 0, 40),
  (r) => patternRegex('Q.*b', { regexes: r, spelling: jsonSpelling(r) }),
  (r) =>
    r.and([
      r.repeat(jsonSpelling(r)(ALL_CODE_POINTS), 3, 20),
      patternRegex('Q', { regexes: r, spelling: jsonSpelling(r) }),
    ]),
  (r) => r.and([r.repeat(jsonSpelling(r)(ALL_CODE_POINTS), 0, Infinity), r.not(r.literal('ab'))]),
]

it.each(heads.map((head, i) => [i, head] as const))('reads on behind a head as byte by byte: %i', (_, head) => {
  const tails: readonly ((r: Regexes) => readonly Regex[])[] = [
    (r) => [r.literal('"')],
    (r) => [r.literal('"'), r.or([r.literal(':'), r.literal(',')]), r.repeat(r.literal(' '), 0, 1), r.literal('"')],
    (r) => [r.literal('"'), r.repeat(r.or([r.literal(':'), r.literal('a')]), 0, Infinity)],
    (r) => [r.or([r.literal('a'), r.literal('"')]), r.literal('b')],
  ]
  for (const tail of tails) {
    const grammar = {
      name: 'split',
      build: (r: Regexes) => [
        terminal(r.concat(head(r), ...tail(r))),
        terminal(r.or([r.literal(''), r.literal(':Q"')])),
      ],
    }
    const constraint = constrain(grammar, words)
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 5 }), (walk) => {
        const matcher = constraint.matcher()
        for (const step of walk) {
          const mask = matcher.mask()
          const allowed = TOKENS.flatMap((_bytes, id) => (matcher.isAllowed(id) ? [id] : []))
          expect(TOKENS.flatMap((_bytes, id) => ((mask[id >> 5]! >> (id & 31)) & 1 ? [id] : []))).toEqual(allowed)
          if (allowed.length === 0) return
          const token = allowed[step % allowed.length]!
          if (token === TOKENS.length - 1) return
          matcher.advance(token)
        }
      }),
      { numRuns: 12 },
    )
  }
})
