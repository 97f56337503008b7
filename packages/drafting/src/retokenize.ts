import { textOf } from './characters.ts'
import { bytesOf, type TextTokenizer } from './text-tokenizer.ts'

/**
 * Cuts drafted text into tokens as they would stand behind a text: both are encoded together, and the tokens that make up exactly
 * the drafted bytes are taken. Nothing when a token would reach over the border: the target has decided otherwise there.
 * @param before The end of the committed text, in bytes. Some tokens of it are enough, and may begin within a character.
 * @param drafted Whole characters.
 */
export function retokenize(before: readonly number[], drafted: readonly number[], tokenizer: TextTokenizer): number[] {
  const tokens = tokenizer.encode(textOf([...before, ...drafted]), { special: false })
  let left = drafted.length
  let first = tokens.length
  while (left > 0 && first > 0) {
    const bytes = bytesOf(tokenizer, tokens[--first]!)
    left -= bytes.length
    if (left < 0 || !bytes.every((byte, i) => byte === drafted[left + i])) return []
  }
  return left > 0 ? [] : [...tokens.subarray(first)]
}
