import type { TokenSource } from '@foretoken/constraint'
import { Tiktoken } from 'js-tiktoken/lite'
import ranks from 'js-tiktoken/ranks/o200k_base'
import { type ModelChoice, prepared } from '../model.ts'

/** Tokens that masks are over, and how a text is cut into them. */
export interface MaskTokenizer extends TokenSource {
  encode(text: string): ArrayLike<number>
}

export const VOCABULARIES = ['model', '128k'] as const
export type VocabularyName = (typeof VOCABULARIES)[number]

const SIZE = 128_000

/** The tokenizer of the model, or one of 128,000 tokens that needs no model. */
export async function maskTokenizer(name: VocabularyName, choice: ModelChoice): Promise<MaskTokenizer> {
  if (name === '128k') return largeTokenizer()
  const { tokenizer } = await prepared(choice)
  return {
    vocabularySize: tokenizer.vocabularySize,
    stopTokens: tokenizer.stopTokens,
    tokenBytes: (id) => tokenizer.tokenBytes(id),
    encode: (text) => tokenizer.encode(text, { special: false }),
  }
}

/**
 * Byte-level BPE by the first 127,999 ranks of o200k_base (MIT), and one token that ends a text. Each token is made of two
 * that come before it, so the first ones are a whole vocabulary of their own.
 */
function largeTokenizer(): MaskTokenizer {
  const words = ranks.bpe_ranks.split('\n').flatMap((line) => line.split(' ').slice(2))
  const kept = words.slice(0, SIZE - 1)
  const bytes = kept.map((word) => new Uint8Array(Buffer.from(word, 'base64')))
  const encoder = new Tiktoken({ ...ranks, bpe_ranks: `! 0 ${kept.join(' ')}`, special_tokens: {} })
  const none = new Uint8Array(0)
  return {
    vocabularySize: SIZE,
    stopTokens: [SIZE - 1],
    tokenBytes: (id) => bytes[id] ?? none,
    encode: (text) => encoder.encode(text, [], []),
  }
}
