import { badCheckpoint, unsupported } from '../bad-checkpoint.ts'
import type { Metadata } from '../metadata.ts'
import { mergesFromScores } from './merges.ts'
import { type Component, preTokenizer } from './pre-tokenizers.ts'

/** A Hugging Face `tokenizer.json`, as far as Foretoken reads it. */
export interface TokenizerJson {
  readonly version: string
  readonly added_tokens: readonly AddedToken[]
  readonly normalizer: Component | null
  readonly pre_tokenizer: Component | null
  readonly post_processor: Component | null
  readonly decoder: Component | null
  readonly model: Component
  readonly [field: string]: unknown
}

export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special: boolean
  readonly normalized: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly single_word: boolean
}

/** `enum llama_token_type` of llama.h. */
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4

/** Rebuilds a tokenizer.json from GGUF metadata. Throws `BAD_CHECKPOINT`, `UNSUPPORTED`. */
export function tokenizerFromGguf(metadata: Metadata): TokenizerJson {
  const kind = metadata.text('tokenizer.ggml.model')
  const tokens = metadata.strings('tokenizer.ggml.tokens')
  if (!kind || !tokens?.length) throw badCheckpoint('The GGUF file holds no vocabulary (tokenizer.ggml.tokens).')
  const parts = { version: '1.0', added_tokens: addedTokens(metadata, tokens), post_processor: null }
  if (kind === 'gpt2') return { ...parts, ...byteLevel(metadata, tokens) }
  if (kind === 'llama') return { ...parts, ...sentencePiece(metadata, tokens) }
  throw unsupported(
    `The tokenizer is of the kind "${kind}".`,
    'Put the tokenizer.json of the model beside the .gguf file.',
    { kind },
  )
}

type Parts = Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer' | 'decoder' | 'model'>

function byteLevel(metadata: Metadata, tokens: readonly string[]): Parts {
  const merges = metadata.strings('tokenizer.ggml.merges')
  if (!merges) throw badCheckpoint('The GGUF file holds a byte-level vocabulary without merges.')
  const { component, normalizer, ignoreMerges } = preTokenizer(metadata.text('tokenizer.ggml.pre') ?? 'default')
  const decoder = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true }
  const options = { byte_fallback: false, ignore_merges: ignoreMerges, unk_token: null, fuse_unk: false }
  return {
    normalizer,
    pre_tokenizer: component,
    decoder,
    model: { type: 'BPE', ...options, vocab: vocabularyOf(tokens), merges },
  }
}

function sentencePiece(metadata: Metadata, tokens: readonly string[]): Parts {
  const scores = metadata.numbers('tokenizer.ggml.scores')
  if (scores?.length !== tokens.length) {
    throw badCheckpoint(`The vocabulary has ${tokens.length} tokens, but ${scores?.length ?? 'no'} scores.`)
  }
  const unknown = tokens[metadata.number('tokenizer.ggml.unknown_token_id') ?? 0] ?? null
  const spaces: Component = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
  const prefixed = metadata.flag('tokenizer.ggml.add_space_prefix') ?? true
  const normalizers = prefixed ? [{ type: 'Prepend', prepend: '▁' }, spaces] : [spaces]
  const decoders = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ]
  const options = { byte_fallback: true, ignore_merges: false, unk_token: unknown, fuse_unk: true }
  const merges = mergesFromScores(tokens, scores)
  return {
    normalizer: { type: 'Sequence', normalizers },
    pre_tokenizer: null,
    decoder: { type: 'Sequence', decoders },
    model: { type: 'BPE', ...options, vocab: vocabularyOf(tokens), merges },
  }
}

function addedTokens(metadata: Metadata, tokens: readonly string[]): AddedToken[] {
  const types = metadata.numbers('tokenizer.ggml.token_type')
  if (types && types.length !== tokens.length) {
    throw badCheckpoint(`The vocabulary has ${tokens.length} tokens, but ${types.length} token types.`)
  }
  const added: AddedToken[] = []
  for (let id = 0; id < (types?.length ?? 0); id++) {
    const type = types?.[id]
    const content = tokens[id] as string
    if (content === '' || (type !== UNKNOWN && type !== CONTROL && type !== USER_DEFINED)) continue
    const flags = { normalized: false, lstrip: false, rstrip: false, single_word: false }
    added.push({ id, content, special: type !== USER_DEFINED, ...flags })
  }
  return added
}

/** Ids by token. Without a prototype, since "__proto__" may be a token. */
function vocabularyOf(tokens: readonly string[]): Record<string, number> {
  const vocabulary = Object.create(null) as Record<string, number>
  tokens.forEach((token, id) => {
    vocabulary[token] = id
  })
  return vocabulary
}
