/** What is asked of a tokenizer; that of `@foretoken/checkpoint` is one. */
export interface TextTokenizer {
  /** Ids go from 0 to `vocabularySize` − 1; the model's logits may be padded beyond it. */
  readonly vocabularySize: number
  /** `special: false`: what looks like a special token is text. `begin: true`: begin as the model expects a text to begin. */
  encode(text: string, options?: { readonly special?: boolean; readonly begin?: boolean }): Int32Array
  /** Bytes of one token: part of a character perhaps. Empty for special tokens. */
  tokenBytes(token: number): Uint8Array
}

/** Bytes of a token; none for ids that only pad the logits. */
export function bytesOf(tokenizer: TextTokenizer, token: number): Uint8Array {
  return token < tokenizer.vocabularySize ? tokenizer.tokenBytes(token) : NOTHING
}

const NOTHING = new Uint8Array(0)
