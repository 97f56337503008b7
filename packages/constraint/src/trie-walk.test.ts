import { expect, it } from 'vitest'
import { ALL_CODE_POINTS, complementOf, jsonSpelling, utf8Spelling } from './code-points.ts'
import { LIMITS } from './limits.ts'
import { EMPTY_TEXT, NOTHING, type Regex, regexes } from './regexes.ts'
import { type TokenTrie, tokenTrie } from './token-trie.ts'
import { LARGE, walkerOf } from './trie-walk.ts'
import { repetitions } from './units.ts'
import { UTF8_BAD, UTF8_START, utf8Next } from './utf8.ts'

const PARTS = ['a', 'b', 'ab', '"', '\\', 'é', 'ß', '深', '😀', '\u{10ffff}', '\ud7ff', '\ue000', '\n', ' ']

/** Texts, texts that are cut within a character, bytes that begin within one, and bytes that are none. */
function tokens(): Uint8Array[] {
  const encoder = new TextEncoder()
  const texts = [...PARTS]
  // Below `y` are so many that they are read around the few bytes that lead elsewhere.
  for (const a of PARTS) for (const b of PARTS) for (const c of PARTS) texts.push(`y${a}${b}${c}`)
  for (const a of PARTS) for (const b of PARTS) texts.push(a + b, `${a}x${b}é`, `x${a}${b}`)
  const whole = [...new Set(texts)].map((text) => encoder.encode(text))
  const cut = whole.flatMap((bytes) => [bytes.slice(0, -1), bytes.slice(1)])
  const wrong = [[0xc0], [0xc1, 0x80], [0x61, 0xff], [0xed, 0xa0, 0x80], [0xf4, 0x90], [0xe0, 0x80], [0x78, 0xc3, 0x61]]
  return [...whole, ...cut, ...wrong.map((bytes) => Uint8Array.from(bytes)), ...whole.slice(0, 20)]
}

const TOKENS = tokens().filter(({ length }) => length > 0)
const trie: TokenTrie = tokenTrie(TOKENS.length, (id) => TOKENS[id]!)
const store = regexes(LIMITS)
const { concat, or, and, not, repeat, literal } = store

it('finds what a byte by byte reading of each token finds', () => {
  const character = jsonSpelling(store)(ALL_CODE_POINTS)
  const notWide = utf8Spelling(store)(complementOf([[0x1f600, 0x1f64f]]))
  const notDeep = jsonSpelling(store)(complementOf([[0x6df1, 0x6df1]]))
  const any = repeat(character, 0, Infinity)
  const half = store.bytes([[0x80, 0xbf]])
  const cases: readonly Regex[] = [
    any,
    repeat(character, 1, Infinity),
    repeat(character, 2, 3),
    repeat(notWide, 0, Infinity),
    concat(half, any),
    // A character may end within: it is no place to go on from.
    or([any, repeat(store.bytes([[0, 255]]), 3, Infinity)]),
    repeat(or([character, concat(store.bytes([[0xc3, 0xc3]]), literal('a'))]), 0, Infinity),
    repeat(or([character, store.bytes([[0xc3, 0xc3]])]), 0, Infinity),
    and([any, not(concat(any, literal('ab'), any))]),
    and([any, not(concat(any, literal('é'), any))]),
    // Some characters of three bytes lead elsewhere: what begins them is read on from.
    repeat(notDeep, 1, Infinity),
    and([any, not(repeat(notDeep, 1, Infinity))]),
    repeat(jsonSpelling(store)([[0x20, 0x7e]]), 0, Infinity),
    and([concat(any, literal('ab'), any), not(concat(any, literal('b"'), any))]),
    concat(any, literal('ab'), any),
    concat(any, literal('é'), any),
    store.anything,
  ]
  expect(trie.span[trie.withByte(0x79)[0]!]).toBeGreaterThan(LARGE)
  const walk = walkerOf(trie, store)
  for (const regex of cases) {
    const found = walk([0], [regex])
    const rests = new Set(found.rests)
    expect(rests.size).toBe(found.rests.length)
    const naive = read(regex)
    expect([...found.ids].sort((a, b) => a - b)).toEqual(naive.ids)
    expect([...found.exits].sort((a, b) => a - b)).toEqual(naive.exits)
    for (const rest of naive.rests) expect(rests.has(rest)).toBe(true)
  }
})

it('tells what any repetition lets through from one reading of its unit', () => {
  const character = jsonSpelling(store)(ALL_CODE_POINTS)
  const ascii = jsonSpelling(store)([[0x20, 0x7e]])
  // `xax` goes on as it began, and `b` ends it.
  const again = concat(repeat(literal('xa'), 0, Infinity), literal('b'))
  const halves = store.bytes([[0x80, 0xbf]])
  const units = [character, ascii, again, halves, literal('ab'), or([literal('a'), literal('bé')])]
  const bounds = [0, 1, 2, 3, 5, 200, Infinity]
  const { within } = repetitions(trie, store, 2 ** 24)
  for (const unit of units) {
    for (const min of bounds) {
      for (const max of bounds) {
        if (max < Math.max(min, 2) || min === Infinity) continue
        const regex = repeat(unit, min, max)
        const { mask, ids, exits, ended } = within(regex)!
        const naive = read(regex)
        const isIn = (id: number): boolean => ids.includes(id) || ((mask![id >> 5]! >> (id & 31)) & 1) === 1
        expect(TOKENS.map((_, id) => id).filter(isIn)).toEqual(naive.ids)
        expect([...exits].sort((a, b) => a - b)).toEqual(naive.exits)
        const { counts, min: least, max: most } = ended!
        const nodes = Array.from({ length: trie.size }, (_, node) => node)
        expect(nodes.filter((node) => counts[node]! >= Math.max(1, least) && counts[node]! <= most)).toEqual(
          naive.exits,
        )
      }
    }
  }
})

it('leaves alone what does not tell its units apart', () => {
  const { within } = repetitions(trie, store, 2 ** 24)
  expect(within(repeat(or([literal('a'), literal('ab')]), 0, 3))).toBeUndefined()
  expect(within(repeat(or([literal('a'), literal('aa')]), 0, 3))).toBeUndefined()
  expect(within(repeat(or([literal('a'), EMPTY_TEXT]), 0, 3))).toBeUndefined()
  expect(within(concat(repeat(literal('a'), 0, 3), literal('b')))).toBeUndefined()
})

function read(regex: Regex): { readonly ids: number[]; readonly exits: number[]; readonly rests: Set<Regex> } {
  const at: Regex[] = [regex]
  const exits: number[] = []
  const rests = new Set<Regex>()
  for (let node = 1; node < trie.size; node++) {
    at[node] = store.next(at[trie.parent[node]!]!, trie.byte[node]!)
    // Behind a text that has ended nothing is read on.
    if (at[node] !== NOTHING) rests.add(at[node]!)
    if (trie.span[node]! > 1 && store.isNullable(at[node]!)) exits.push(node)
  }
  const ids = TOKENS.flatMap((bytes, id) => {
    let residual = regex
    for (const byte of bytes) residual = store.next(residual, byte)
    return residual === NOTHING ? [] : [id]
  })
  return { ids, exits, rests }
}

it('reads UTF-8 as the platform does', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const isText = (bytes: number[]): boolean => {
    try {
      decoder.decode(Uint8Array.from(bytes))
      return true
    } catch {
      return false
    }
  }
  const ends = (bytes: number[]): boolean => bytes.reduce(utf8Next, UTF8_START) === UTF8_START
  for (let a = 0; a < 256; a++) {
    for (let b = 0x70; b < 0xd0; b++) {
      for (const rest of [[], [0x80], [0xbf], [0x80, 0x80], [0xbf, 0xbf]]) {
        expect(ends([a, b, ...rest])).toBe(isText([a, b, ...rest]))
      }
    }
  }
  expect([0xff, 0x61].reduce(utf8Next, UTF8_START)).toBe(UTF8_BAD)
})
