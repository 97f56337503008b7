import fc from 'fast-check'
import { expect, it } from 'vitest'
import { terminal } from './grammar.ts'
import { LIMITS } from './limits.ts'
import { constrain } from './matcher.ts'
import { type Regex, type Regexes, regexes } from './regexes.ts'
import { vocabulary } from './vocabulary.ts'

/** An expression over two units: `a`, one byte, and `cd`, two. */
type Expression =
  | { readonly kind: 'a' }
  | { readonly kind: 'cd' }
  | { readonly kind: 'concat' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly body: Expression; readonly min: number; readonly max: number }

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Expression>({ kind: 'a' }, { kind: 'cd' }),
    fc.record({
      kind: fc.constantFrom('concat' as const, 'or' as const),
      parts: fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
    }),
    fc
      .record({
        kind: fc.constant('repeat' as const),
        body: tie('expression'),
        min: fc.nat(3),
        max: fc.constantFrom(3, 4, 12, Infinity),
      })
      .map((each) => ({ ...each, max: Math.max(each.min, each.max) })),
  ),
}))

function regexOf(store: Regexes, each: Expression): Regex {
  if (each.kind === 'a' || each.kind === 'cd') return store.literal(each.kind)
  if (each.kind === 'repeat') return store.repeat(regexOf(store, each.body), each.min, each.max)
  const parts = each.parts.map((part) => regexOf(store, part))
  return each.kind === 'or' ? store.or(parts) : store.concat(...parts)
}

/** As a pattern of the runtime's own engine, with `b` for the unit `cd`. */
function sourceOf(each: Expression): string {
  if (each.kind === 'a') return 'a'
  if (each.kind === 'cd') return 'b'
  if (each.kind === 'repeat') {
    return `(?:${sourceOf(each.body)}){${each.min},${each.max === Infinity ? '' : each.max}}`
  }
  return `(?:${each.parts.map(sourceOf).join(each.kind === 'or' ? '|' : '')})`
}

const bounds = fc.tuple(fc.nat(6), fc.integer({ min: 9, max: 11 }))

/** All words of up to `length` units, as letters. */
function words(length: number): string[] {
  const all = ['']
  for (let from = 0, n = 0; n < length; n++) {
    const until = all.length
    for (; from < until; from++) all.push(`${all[from]}a`, `${all[from]}b`)
  }
  return all
}

const WORDS = words(11)
const bytesOf = (word: string): string => word.replaceAll('b', 'cd')

it('goes on exactly where a text of the right length is left', () => {
  fc.assert(
    fc.property(expression, bounds, (tree, [min, max]) => {
      const store = regexes(LIMITS)
      const unit = store.or([store.literal('a'), store.literal('cd')])
      const both = store.and([regexOf(store, tree), store.repeat(unit, min, max)])
      const pattern = new RegExp(`^${sourceOf(tree)}$`)
      const alive = new Set<string>()
      for (const word of WORDS) {
        if (word.length < min || word.length > max || !pattern.test(word)) continue
        const text = bytesOf(word)
        for (let end = 0; end <= text.length; end++) alive.add(text.slice(0, end))
      }
      expect(store.isEmpty(both)).toBe(!alive.has(''))
      for (const word of WORDS) {
        const text = bytesOf(word)
        for (const prefix of [text, `${text}c`]) {
          let at = store.isEmpty(both) ? 0 : both
          for (const char of prefix) at = store.next(at, char.charCodeAt(0))
          expect(at !== 0, `${prefix} of ${sourceOf(tree)} in {${min},${max}}`).toBe(alive.has(prefix))
        }
      }
    }),
    { numRuns: 15 },
  )
}, 60_000)

const TOKENS = [...words(5).slice(1).map(bytesOf), 'c', 'd', 'dc', 'ac', 'dacd', 'cdac', 'daaaaaaaa', 'aaaaaaaaac']

/** What the lengths of a pattern's texts say, by a table of residuals by units: no intersection is made. */
function reference(store: Regexes, pattern: Regex, max: number): (text: string, min: number) => boolean {
  return (text, min) => {
    let at = pattern
    let units = 0
    let isWithin = false
    for (const char of text) {
      // `d` ends a unit, anything else must begin one.
      if ((char === 'd') !== isWithin) return false
      at = store.next(at, char.charCodeAt(0))
      if (!isWithin) units++
      isWithin = char === 'c'
    }
    let residuals = new Set<Regex>([isWithin ? store.next(at, 100) : at])
    for (; units <= max; units++) {
      residuals.delete(0)
      if (units >= min && [...residuals].some((each) => store.isNullable(each))) return true
      residuals = new Set(
        [...residuals].flatMap((each) => [store.next(each, 97), store.next(store.next(each, 99), 100)]),
      )
    }
    return false
  }
}

it('lets the same tokens through whatever the bound', () => {
  const tokens = vocabulary({
    vocabularySize: TOKENS.length + 1,
    tokenBytes: (id) => new TextEncoder().encode(TOKENS[id] ?? ''),
    stopTokens: [TOKENS.length],
  })
  fc.assert(
    fc.property(
      expression,
      fc.nat(6),
      fc.integer({ min: 9, max: 40 }),
      fc.infiniteStream(fc.nat()),
      (tree, min, max, picks) => {
        const store = regexes(LIMITS)
        const isAlive = reference(store, regexOf(store, tree), max)
        fc.pre(isAlive('', min))
        const constraint = constrain(
          {
            name: 'counted',
            build: (own) => [
              terminal(
                own.and([regexOf(own, tree), own.repeat(own.or([own.literal('a'), own.literal('cd')]), min, max)]),
              ),
            ],
          },
          tokens,
        )
        const matcher = constraint.matcher()
        for (let text = '', step = 0; step < 12; step++) {
          const allowed = TOKENS.flatMap((token, id) => (isAlive(text + token, min) ? [id] : []))
          const masked = TOKENS.flatMap((_, id) => ((matcher.mask()[id >> 5]! >> (id & 31)) & 1 ? [id] : []))
          expect(masked).toEqual(allowed)
          if (allowed.length === 0) break
          const id = allowed[picks.next().value! % allowed.length]!
          matcher.advance(id)
          text += TOKENS[id]
        }
      },
    ),
    { numRuns: 300 },
  )
}, 60_000)
