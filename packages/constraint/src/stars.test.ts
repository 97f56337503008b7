import { expect, it } from 'vitest'
import { ALL_CODE_POINTS, jsonSpelling } from './code-points.ts'
import { LIMITS } from './limits.ts'
import { patternRegex } from './pattern.ts'
import { regexes } from './regexes.ts'

it('leaves out what any text makes needless, in either order, and keeps one of two that are the same', () => {
  const r = regexes(LIMITS)
  const spelling = jsonSpelling(r)
  const any = r.repeat(spelling(ALL_CODE_POINTS), 0, Infinity)
  const after = [...new TextEncoder().encode('xQ')].reduce(r.next, patternRegex('Q', { regexes: r, spelling }))
  expect(after).toBe(any)
  const some = r.repeat(spelling([[0x61, 0x2fff]]), 3, 40)
  expect([
    r.or([any, some]),
    r.and([some, any]),
    r.concat(any, any),
    r.concat(any, r.repeat(spelling(ALL_CODE_POINTS), 2, Infinity)),
  ]).toEqual([any, some, any, r.repeat(spelling(ALL_CODE_POINTS), 2, Infinity)])
  const [a, b] = [r.literal('a'), r.literal('b')]
  const [one, same] = [
    r.repeat(r.or([a, b]), 0, Infinity),
    r.repeat(r.or([r.concat(a, r.literal('')), b, r.literal('ab')]), 0, Infinity),
  ]
  for (const both of [r.or([one, same]), r.and([one, same])]) {
    expect(['', 'abba', 'abc'].map((text) => r.matches(both, new TextEncoder().encode(text)))).toEqual([
      true,
      true,
      false,
    ])
  }
  expect(r.or([r.repeat(a, 0, Infinity), r.literal('ab')])).not.toBe(r.repeat(a, 0, Infinity))
})
