import { ForetokenError } from '@foretoken/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Grammar, type GrammarSymbol, rule, terminal } from './grammar.ts'
import { constrain, type Matcher } from './matcher.ts'
import type { Regexes } from './regexes.ts'
import { vocabulary } from './vocabulary.ts'

const utf8 = new TextEncoder()
const WORDS = ['a', 'b', 'c', 'ab', 'bc', 'abc', 'ca', 'aa', 'bb', 'cab', 'b', '']
const STOP = WORDS.length - 1
const words = vocabulary({
  vocabularySize: WORDS.length,
  tokenBytes: (id) => utf8.encode(WORDS[id]),
  stopTokens: [STOP],
})

const allowed = (matcher: Matcher): number[] =>
  WORDS.map((_, id) => id).filter((id) => (matcher.mask()[id >> 5]! >> (id & 31)) & 1)

/** A random grammar: a regular tree whose leaves may call the whole again between brackets of a and b. */
type Tree = string | { readonly op: 'or' | 'concat' | 'star' | 'nest'; readonly parts: readonly Tree[] }
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', 'c', 'ab', 'ca'),
    fc.record({
      op: fc.constantFrom('or' as const, 'concat' as const),
      parts: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ op: fc.constantFrom('star' as const, 'nest' as const), parts: fc.tuple(tie('tree')) }),
  ),
}))

/** How a tree reads a text from a place: where it may end, and whether the text may stop within it. */
interface Reading {
  readonly ends: ReadonlySet<number>
  readonly isOpen: boolean
}

/** The definition, by recursive descent. */
function read(tree: Tree, text: string, at: number): Reading {
  const all = (readings: readonly Reading[]): Reading => ({
    ends: new Set(readings.flatMap(({ ends }) => [...ends])),
    isOpen: readings.some(({ isOpen }) => isOpen),
  })
  const then = (first: Reading, next: (from: number) => Reading): Reading => {
    const later = all([...first.ends].map(next))
    return { ends: later.ends, isOpen: first.isOpen || later.isOpen }
  }
  if (typeof tree === 'string') {
    const rest = text.slice(at)
    return {
      ends: new Set(rest.startsWith(tree) ? [at + tree.length] : []),
      isOpen: tree !== rest && tree.startsWith(rest),
    }
  }
  const { op, parts } = tree
  const from = (end: number): Reading => ({ ends: new Set([end]), isOpen: false })
  if (op === 'or') return all(parts.map((part) => read(part, text, at)))
  if (op === 'concat') return parts.reduce((so, part) => then(so, (end) => read(part, text, end)), from(at))
  const body = read(parts[0]!, text, at)
  if (op === 'nest') {
    return all([
      body,
      then(
        then(read('a', text, at), (end) => read(tree, text, end)),
        (end) => read('b', text, end),
      ),
    ])
  }
  const further = [...body.ends].filter((end) => end > at).map((end) => read(tree, text, end))
  return all([from(at), { ...body, ends: new Set() }, ...further])
}

/** Stars over what may be empty, or that nest, are left out: their rules would repeat nothing. */
const isFit = (each: Tree): boolean =>
  typeof each === 'string' ||
  (each.parts.every(isFit) && (each.op !== 'star' || !read(each.parts[0]!, '', 0).ends.has(0)))

function grammarOf(tree: Tree): Grammar {
  const build = (regexes: Regexes, each: Tree): GrammarSymbol[] => {
    if (typeof each === 'string') return [terminal(regexes.literal(each))]
    const parts = each.parts.map((part) => build(regexes, part))
    if (each.op === 'or') return [rule('or', () => parts)]
    if (each.op === 'concat') return parts.flat()
    const again: GrammarSymbol = rule(each.op, () =>
      each.op === 'star'
        ? [[], [...parts[0]!, again]]
        : [parts[0]!, [terminal(regexes.literal('a')), again, terminal(regexes.literal('b'))]],
    )
    return [again]
  }
  return { name: 'random', build: (regexes) => build(regexes, tree) }
}

it('allows exactly the tokens that a text can go on with', () => {
  fc.assert(
    fc.property(tree.filter(isFit), fc.array(fc.nat(), { maxLength: 4 }), (each, choices) => {
      const matcher = constrain(grammarOf(each), words).matcher()
      let text = ''
      for (const choice of [...choices, 0]) {
        const expected = WORDS.flatMap((word, id) => {
          const { ends, isOpen } = read(each, text + word, 0)
          const isWhole = ends.has(text.length + word.length)
          return (id === STOP ? isWhole : isWhole || isOpen) ? [id] : []
        })
        expect(allowed(matcher)).toEqual(expected)
        const open = expected.filter((id) => id !== STOP)
        if (open.length === 0) return
        const token = open[choice % open.length]!
        matcher.advance(token)
        text += WORDS[token]
      }
    }),
    { numRuns: 400 },
  )
})

const nested: Grammar = {
  name: 'nested',
  build(regexes) {
    const inner: GrammarSymbol = rule('inner', () => [
      [terminal(regexes.literal('c'))],
      [terminal(regexes.literal('a')), inner, terminal(regexes.literal('b'))],
    ])
    return [inner]
  },
}

it('follows the example of the card', () => {
  const card: Grammar = {
    name: 'a(b|c)',
    build: (r) => [terminal(r.literal('a')), terminal(r.or([r.literal('b'), r.literal('c')]))],
  }
  const matcher = constrain(card, words).matcher()
  expect(allowed(matcher).map((id) => WORDS[id])).toEqual(['a', 'ab'])
  matcher.advance(WORDS.indexOf('a'))
  expect(allowed(matcher).map((id) => WORDS[id])).toEqual(['b', 'c', 'b'])
  matcher.rollback(1)
  matcher.advance(WORDS.indexOf('ab'))
  expect(allowed(matcher)).toEqual([STOP])
})

it('counts brackets, rolls back and forks', () => {
  const matcher = constrain(nested, words).matcher()
  matcher.advance(WORDS.indexOf('aa'))
  const fork = matcher.fork()
  const mask = [...matcher.mask()]
  matcher.advance(WORDS.indexOf('c'))
  matcher.advance(WORDS.indexOf('bb'))
  expect(matcher.isComplete).toBe(true)
  matcher.advance(STOP)
  expect(matcher.isFinished).toBe(true)
  expect(allowed(matcher)).toEqual([])
  matcher.rollback(3)
  expect([...matcher.mask()]).toEqual(mask)
  fork.advance(WORDS.indexOf('ca') - 4)
  expect([fork.length, matcher.length]).toEqual([2, 1])
  expect(matcher.accepts([WORDS.indexOf('c'), 1, 1, STOP])).toBe(4)
  expect(matcher.accepts([WORDS.indexOf('c'), 1, 0])).toBe(2)
})

it('gives the mask of every node of a tree', () => {
  const matcher = constrain(nested, words).matcher()
  const draft = { tokens: Int32Array.of(0, 2, 1, 2, 1), parents: Int32Array.of(-1, -1, 0, 0, 3) }
  const masks = matcher.treeMasks(draft)
  for (let node = 0; node < 5; node++) {
    const path: number[] = []
    for (let at = node; at >= 0; at = draft.parents[at]!) path.unshift(draft.tokens[at]!)
    const walker = matcher.fork()
    if (walker.accepts(path) < path.length) expect(masks[node]).toBeUndefined()
    else {
      for (const token of path) walker.advance(token)
      expect([...masks[node]!]).toEqual([...walker.mask()])
    }
  }
})

it('tells what is forced', () => {
  const text: Grammar = {
    name: 'text',
    build: (r) => [terminal(r.literal('abca')), terminal(r.or([r.literal('b'), r.literal('c')]))],
  }
  expect(new TextDecoder().decode(constrain(text, words).matcher().forced())).toBe('abca')
})

it('captures a text and lets what follows depend on it', () => {
  const twice: Grammar = {
    name: 'a letter, then another one',
    build(r) {
      const letters = ['a', 'b', 'c']
      const others = new Map(
        letters.map((each) => [each, terminal(r.or(letters.filter((x) => x !== each).map((x) => r.literal(x))))]),
      )
      return [
        terminal(r.or(letters.map((x) => r.literal(x)))),
        { kind: 'capture', follow: (captured) => [others.get(captured)!] },
      ]
    },
  }
  const matcher = constrain(twice, words).matcher()
  expect(allowed(matcher).map((id) => WORDS[id])).toEqual(['a', 'b', 'c', 'ab', 'bc', 'ca', 'b'])
  matcher.advance(0)
  expect(allowed(matcher).map((id) => WORDS[id])).toEqual(['b', 'c', 'b'])
})

it('refuses what it cannot follow with a typed error', () => {
  const endless: GrammarSymbol = rule('endless', () => [[endless, terminal(2)]])
  expect(() => constrain({ name: 'left', build: () => [endless] }, words)).toThrow(/"endless" leads to itself/)
  expect(() => constrain(nested, words).matcher().advance(1)).toThrow(ForetokenError)
  expect(() => constrain(nested, words).matcher().advance(99)).toThrow(/not allowed/)
  expect(() => constrain(nested, words).matcher().rollback(1)).toThrow(ForetokenError)
  const small = vocabulary({ vocabularySize: 1, tokenBytes: () => utf8.encode('a'), stopTokens: [] }, { states: 20 })
  const deep = constrain(nested, small).matcher()
  expect(() => {
    for (let i = 0; i < 100; i++) deep.advance(0)
  }).toThrow(/more than 20 states/)
  expect(() => vocabulary({ vocabularySize: 0, tokenBytes: () => utf8.encode('a'), stopTokens: [] })).toThrow(
    /0 tokens/,
  )
})

it('knows where a text must end', () => {
  const grammar: Grammar = { name: 'g', build: (r) => [terminal(r.or([r.literal('ab'), r.literal('abcc')]))] }
  const matcher = constrain(grammar, words).matcher()
  const after = (id: number): boolean[] => {
    matcher.advance(id)
    return [matcher.isComplete, matcher.mustEnd]
  }
  expect([matcher.mustEnd, after(3), after(2), after(2), after(STOP)]).toEqual([
    false,
    [true, false],
    [false, false],
    [true, true],
    [false, false],
  ])
})
