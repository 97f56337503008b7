import { ForetokenError } from '@foretoken/core'
import { Tokenizer as Library } from '@huggingface/tokenizers'
import { badCheckpoint, unsupported } from '../bad-checkpoint.ts'
import type { TokenFacts } from '../prepared.ts'
import { type ChatMessage, type ChatTemplateOptions, renderChatTemplate } from './chat-template.ts'
import type { AddedToken, TokenizerJson } from './from-gguf.ts'
import { withUnicodeClasses } from './pre-tokenizers.ts'
import { bytesOfToken, spellingOf } from './token-bytes.ts'

export interface EncodeOptions {
  /** Special tokens written in the text (`<|im_end|>`) become their ids. Default: true; false for text not to be trusted. */
  readonly special?: boolean
  /** Begin with the tokens that the model expects at the beginning of a text, if it expects any. Default: false. */
  readonly begin?: boolean
}

/** Text to token ids and back. */
export interface Tokenizer {
  /** Ids known to the tokenizer, 0 to `vocabularySize` − 1; a model's logits may be padded beyond it. */
  readonly vocabularySize: number
  /** Token that begins a text, if the model has one. */
  readonly bos?: number
  /** Tokens that end an answer. */
  readonly stopTokens: Int32Array
  encode(text: string, options?: EncodeOptions): Int32Array
  /** Text of the ids; bytes that are not UTF-8 become U+FFFD. Special tokens show only with `special`. */
  decode(tokenIds: ArrayLike<number>, options?: { readonly special?: boolean }): string
  /**
   * Raw bytes of one token: part of a UTF-8 sequence perhaps. A special token has none: it is not text.
   * Borrowed: do not write to it. Throws `BAD_OPTION` for an id outside the vocabulary.
   */
  tokenBytes(id: number): Uint8Array
  /** The vocabulary's own spelling of a token, special ones included; `undefined` where an id is unused. */
  tokenName(id: number): string | undefined
  /** Whether there is a template to apply. */
  readonly hasChatTemplate: boolean
  /**
   * Renders a conversation as the model expects it, to be encoded without `begin`.
   * Throws `BAD_TEMPLATE` when there is no template or it fails, `BAD_OPTION` for messages that are none.
   */
  applyChatTemplate(messages: readonly ChatMessage[], options?: ChatTemplateOptions): string
}

/**
 * A tokenizer from a parsed `tokenizer.json` and what the checkpoint says of its tokens.
 * Throws `BAD_CHECKPOINT` or `UNSUPPORTED` for one that cannot be used.
 */
export function createTokenizer(json: TokenizerJson, facts: TokenFacts, chatTemplate?: string): Tokenizer {
  checkTokenizer(json)
  const spelling = spellingOf(json)
  if (!spelling || (json.model.type !== 'BPE' && json.model.type !== 'Unigram')) {
    throw unsupported(
      `The tokenizer is of the kind ${String(json.model.type)} with no way from tokens to bytes.`,
      'Use a model whose tokenizer is byte-level BPE or SentencePiece.',
    )
  }
  const encoder = encoderOf(json)
  const names = namesOf(json)
  const added = new Map(json.added_tokens.map((token) => [token.id, token]))
  const bytes: (Uint8Array | undefined)[] = new Array(names.length)
  const nameOf = (id: number): string | undefined => {
    if (Number.isInteger(id) && id >= 0 && id < names.length) return names[id]
    throw new ForetokenError('BAD_OPTION', `There is no token ${id}; ids go from 0 to ${names.length - 1}.`, {
      fix: 'Use ids of this tokenizer only.',
      details: { id, vocabularySize: names.length },
    })
  }
  const spell = (id: number, special: boolean): Uint8Array => {
    const name = nameOf(id)
    const literal = added.get(id)
    if (name === undefined) return NOTHING
    if (literal) return literal.special && !special ? NOTHING : utf8.encode(literal.content)
    return bytesOfToken(name, spelling)
  }
  const tokenBytes = (id: number): Uint8Array => (bytes[id] ??= spell(id, false))
  return {
    vocabularySize: names.length,
    ...(facts.bos === undefined ? {} : { bos: facts.bos }),
    stopTokens: Int32Array.from(facts.stopTokens),
    encode(text, options = {}) {
      const ids = encoder(text, options.special ?? true)
      return Int32Array.from(options.begin && facts.addsBos && facts.bos !== undefined ? [facts.bos, ...ids] : ids)
    },
    decode(tokenIds, options = {}) {
      const parts = Array.from(tokenIds, (id) => (options.special ? spell(id, true) : tokenBytes(id)))
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(joined(parts))
    },
    tokenBytes,
    tokenName: nameOf,
    hasChatTemplate: chatTemplate !== undefined,
    applyChatTemplate(messages, options = {}) {
      const named = {
        bos: facts.bos === undefined ? '' : nameOf(facts.bos),
        eos: facts.eos === undefined ? '' : nameOf(facts.eos),
      }
      return renderChatTemplate(chatTemplate, messages, options, { bos: named.bos ?? '', eos: named.eos ?? '' })
    },
  }
}

const NOTHING = new Uint8Array(0)
const utf8 = new TextEncoder()

/** Bounds that a vocabulary must keep before anything is sized by it. */
const VOCABULARY_LIMIT = 2 ** 22

function checkTokenizer(json: TokenizerJson): void {
  const sound =
    typeof json === 'object' &&
    json !== null &&
    typeof json.model === 'object' &&
    json.model !== null &&
    typeof json.model.vocab === 'object' &&
    Array.isArray(json.added_tokens)
  if (!sound) throw badCheckpoint('The tokenizer.json lacks a model with a vocabulary.')
}

/** Token strings by id; ids may have holes. */
function namesOf(json: TokenizerJson): (string | undefined)[] {
  const names: (string | undefined)[] = []
  const put = (id: unknown, name: unknown): void => {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= VOCABULARY_LIMIT || typeof name !== 'string') {
      throw badCheckpoint(`The vocabulary gives ${JSON.stringify(name)} the id ${JSON.stringify(id)}.`)
    }
    names[id as number] = name
  }
  const vocabulary = json.model.vocab as Record<string, unknown> | readonly unknown[]
  if (Array.isArray(vocabulary)) for (const [id, entry] of vocabulary.entries()) put(id, (entry as unknown[])?.[0])
  else for (const name of Object.keys(vocabulary)) put((vocabulary as Record<string, unknown>)[name], name)
  for (const token of json.added_tokens) put(token.id, token.content)
  return names
}

/** The library's encoder; a second one over the same model leaves special tokens in the text alone. */
function encoderOf(json: TokenizerJson): (text: string, special: boolean) => number[] {
  const { truncation: _truncation, padding: _padding, ...rest } = json
  // What the post-processor adds is up to the caller of `encode`.
  const prepared = { ...rest, pre_tokenizer: withUnicodeClasses(json.pre_tokenizer), post_processor: null }
  const build = (tokenizer: object): Library => {
    try {
      return new Library(tokenizer, {})
    } catch (cause) {
      throw badCheckpoint(`The tokenizer.json cannot be used: ${cause instanceof Error ? cause.message : cause}.`)
    }
  }
  const full = build(prepared)
  let literal: Library | undefined
  const withoutSpecial = (): Library => {
    const model = { ...json.model, vocab: json.model.type === 'BPE' ? {} : [['', 0]], merges: [], unk_id: 0 }
    const built = build({
      ...prepared,
      model,
      added_tokens: json.added_tokens.filter((token: AddedToken) => !token.special),
    })
    built.model = full.model
    return built
  }
  return (text, special) => {
    if (!special) literal ??= withoutSpecial()
    try {
      return (special ? full : (literal as Library)).encode(text, { add_special_tokens: false }).ids
    } catch (cause) {
      throw badCheckpoint(`The tokenizer fails on a text: ${cause instanceof Error ? cause.message : cause}.`)
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
