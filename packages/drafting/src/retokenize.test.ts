import { expect, it } from 'vitest'
import { wholeCharacters } from './characters.ts'
import { retokenize } from './retokenize.ts'

const words = ['a', 'b', 'ab', 'c']
const bytes = (text: string) => [...new TextEncoder().encode(text)]
/** Cuts text into its longest words from the left; what is no word is left out. */
const target = {
  vocabularySize: words.length,
  encode: (text: string) => Int32Array.from(text.match(/ab|a|b|c/g) ?? [], (word) => words.indexOf(word)),
  tokenBytes: (token: number) => Uint8Array.from(bytes(words[token]!)),
}

it('ends text before a character that is not whole', () => {
  const [euro] = [bytes('x€')]
  expect([0, 1, 2, 3, 4].map((length) => wholeCharacters(euro.slice(0, length)))).toEqual([0, 1, 1, 1, 4])
  expect(wholeCharacters(bytes('é𝄞'))).toBe(6)
  expect(wholeCharacters(bytes('é𝄞').slice(0, 5))).toBe(2)
})

it('cuts drafted text as it stands behind the committed one', () => {
  expect(retokenize(bytes('c'), bytes('abca'), target)).toEqual([2, 3, 0])
  expect(retokenize([], bytes('ab'), target)).toEqual([2])
  // A token would reach over the border; text that the vocabulary lacks.
  expect(retokenize(bytes('ca'), bytes('bc'), target)).toEqual([])
  expect(retokenize(bytes('c'), bytes('ax'), target)).toEqual([])
})
