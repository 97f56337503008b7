import { type Constraint, constrain, type Grammar, terminal, vocabulary } from '@foretoken/constraint'
import { expect, it } from 'vitest'
import { forcedTokens } from './forced-tokens.ts'

const utf8 = new TextEncoder()
const STOPS = ['<stop>', '<end>']

/** Cuts text into its longest words from the left, as a tokenizer that merges what it can; the last two are stop tokens. */
function wordTokenizer(words: readonly string[]) {
  const all = [...words, ...STOPS]
  const byLength = [...words].sort((a, b) => b.length - a.length)
  return {
    vocabularySize: all.length,
    stopTokens: STOPS.map((stop) => all.indexOf(stop)),
    tokenBytes: (id: number) => utf8.encode(STOPS.includes(all[id]!) ? '' : all[id]),
    id: (word: string) => all.indexOf(word),
    word: (id: number) => all[id]!,
    encode(text: string) {
      const ids: number[] = []
      for (let at = 0; at < text.length; ) {
        const word = byLength.find((each) => text.startsWith(each, at))
        if (word !== undefined) ids.push(words.indexOf(word))
        at += word?.length ?? 1
      }
      return Int32Array.from(ids)
    },
  }
}
const letters = [...'abcdefghijklmnopqrstuvwxyz"{}:, é€']
const texts = (...all: string[]): Grammar => ({
  name: 'texts',
  build: (r) => [terminal(r.or(all.map((text) => r.literal(text))))],
})

/** What is drafted behind `written`, in words, with confidences in percent where they are not 100. */
function drafted(words: readonly string[], grammar: Grammar, written: readonly string[], most = 99): string[] {
  const tokenizer = wordTokenizer([...letters, ...words])
  const constraint: Constraint = constrain(grammar, vocabulary(tokenizer))
  const matcher = constraint.matcher()
  const before = written.map(tokenizer.id)
  for (const token of before) matcher.advance(token)
  const { tokens, confidence } = forcedTokens(tokenizer)(matcher, before, most)
  expect(matcher.length).toBe(before.length)
  return tokens.map((token, i) => {
    const percent = Math.round(confidence[i]! * 100)
    return tokenizer.word(token) + (percent === 100 ? '' : ` ${percent}`)
  })
}

const KEYS = ['{"', 'name', '":', ' "', 'na', 'me', 'nation', 'ality', 'nam']

it('cuts forced bytes as the tokenizer does', () => {
  expect(drafted(KEYS, texts('{"name": "x"', '{"name": "y"'), [])).toEqual(['{"', 'name', '":', ' "'])
  expect(drafted(KEYS, texts('{"name": "x"', '{"name": "y"'), [], 2)).toEqual(['{"', 'name'])
})

it('encodes them together with what is committed', () => {
  // `":` is one token, and the quote is committed: what follows it is a lone colon.
  expect(drafted(KEYS, texts('{"name": "x"', '{"name": "y"'), ['{"', 'name', '"'])).toEqual([':', ' "'])
  // Behind half a word the rest stands alone.
  expect(drafted(KEYS, texts('{"name": "x"', '{"name": "y"'), ['{"', 'na'])).toEqual(['me', '":', ' "'])
})

it('holds back what most continuations would swallow', () => {
  // `na` is forced, and would be cut otherwise before `m` and before `t`.
  expect(drafted([...KEYS, 'nat'], texts('{"name": 1', '{"nationality": 1'), [])).toEqual(['{"'])
  expect(drafted([...KEYS, 'nat'], texts('{"name": 1', '{"na": 1'), [])).toEqual(['{"', 'na 50'])
})

it('drafts with its share what few continuations would swallow', () => {
  const swallowed = ['x', 'y', 'z', 'w'].map((letter) => `: "${letter}`)
  expect(drafted([...KEYS, ' "x'], texts(...swallowed), [])).toEqual([':', ' " 75'])
})

it('goes on to the stop token where nothing else may follow', () => {
  expect(drafted(KEYS, texts('{"}'), ['{"'])).toEqual(['}', '<stop>'])
  expect(drafted(KEYS, texts('{"}'), ['{"', '}'])).toEqual(['<stop>'])
  expect(drafted(KEYS, texts('{"}', '{"}}'), ['{"', '}'])).toEqual([])
})

it('drafts the stop token that the context used last', () => {
  const tokenizer = wordTokenizer(letters)
  const matcher = constrain(texts('a'), vocabulary(tokenizer)).matcher()
  const context = [tokenizer.id('<stop>'), tokenizer.id('<end>'), tokenizer.id('b')]
  expect(forcedTokens(tokenizer)(matcher, context, 9).tokens.map(tokenizer.word)).toEqual(['a', '<end>'])
  expect(forcedTokens(tokenizer)(matcher, context, 1).tokens.map(tokenizer.word)).toEqual(['a'])
})

it('ends before a character that is not whole', () => {
  // Both begin with the byte 0xC3, which is no token.
  expect(drafted([], texts('aé', 'aè'), [])).toEqual(['a'])
  expect(drafted([], texts('aé€b', 'aé€c'), [])).toEqual(['a', 'é', '€'])
})

it('drafts nothing where nothing is forced', () => {
  expect(drafted(KEYS, texts('a', 'b'), [])).toEqual([])
  expect(drafted(KEYS, texts('a', 'ab'), ['a'])).toEqual([])
})
