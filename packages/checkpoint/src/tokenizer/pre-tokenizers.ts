// How each GGUF pre-tokenizer name splits text before byte pairs are merged (llama.cpp src/llama-vocab.cpp), as the
// pre_tokenizer of a Hugging Face tokenizer.json.
import { unsupported } from '../bad-checkpoint.ts'

/** A part of a tokenizer.json: a pre-tokenizer, normalizer or decoder. */
export interface Component {
  readonly type: string
  readonly [field: string]: unknown
}

export interface PreTokenizer {
  readonly component: Component
  readonly normalizer: Component | null
  /** A split that is itself a token is not merged from its bytes. */
  readonly ignoreMerges: boolean
}

/** What the ByteLevel pre-tokenizer splits by unless told not to: GPT-2's pattern. */
export const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const WORDS_AND_SPACES = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const LLAMA3_PATTERN = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${WORDS_AND_SPACES}`
const QWEN2_PATTERN = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${WORDS_AND_SPACES}`
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'
const TEKKEN_PATTERN =
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*|\\p{N}|` +
  ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

/** Splits where the pattern matches; matches and what lies between are pieces. */
export const split = (regex: string): Component => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Isolated',
  invert: false,
})

const TO_BYTES: Component = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }

const sequence = (...pretokenizers: readonly Component[]): Component => ({ type: 'Sequence', pretokenizers })

const plain = (...patterns: readonly string[]): PreTokenizer => ({
  component: sequence(...patterns.map(split), TO_BYTES),
  normalizer: null,
  ignoreMerges: false,
})

const GPT2 = plain(GPT2_PATTERN)
const SINGLE_DIGITS = plain('\\p{N}', GPT2_PATTERN)
const LLAMA3: PreTokenizer = { ...plain(LLAMA3_PATTERN), ignoreMerges: true }
const QWEN2: PreTokenizer = { ...plain(QWEN2_PATTERN), normalizer: { type: 'NFC' } }

const KNOWN: ReadonlyMap<string, PreTokenizer> = new Map([
  ['gpt-2', GPT2],
  ['gpt2', GPT2],
  ['default', GPT2],
  ['smollm', SINGLE_DIGITS],
  ['starcoder', SINGLE_DIGITS],
  ['refact', SINGLE_DIGITS],
  ['codeshell', SINGLE_DIGITS],
  ['command-r', SINGLE_DIGITS],
  ['llama-bpe', LLAMA3],
  ['llama3', LLAMA3],
  ['llama-v3', LLAMA3],
  ['smaug-bpe', LLAMA3],
  ['qwen2', QWEN2],
  ['deepseek-r1-qwen', QWEN2],
  ['tekken', { ...plain(TEKKEN_PATTERN), ignoreMerges: true }],
])

/** The pre-tokenizer a GGUF file names in `tokenizer.ggml.pre`. Throws `UNSUPPORTED` for an unknown one. */
export function preTokenizer(name: string): PreTokenizer {
  const known = KNOWN.get(name)
  if (known) return known
  throw unsupported(
    `The tokenizer splits text by the rule "${name}", which Foretoken does not know.`,
    'Put the tokenizer.json of the model beside the .gguf file.',
    { name, known: [...KNOWN.keys()] },
  )
}

/**
 * Rewrites the components that JavaScript's regular expressions would read otherwise than the reference does: what
 * counts as a digit and as a space there goes beyond `\d` and `\s` here.
 */
export function withUnicodeClasses(component: Component | null): Component | null {
  if (!component) return null
  if (component.type === 'Sequence' && Array.isArray(component.pretokenizers)) {
    const parts = (component.pretokenizers as Component[]).map((part) => withUnicodeClasses(part) as Component)
    return { ...component, pretokenizers: parts.flatMap(unnested) }
  }
  if (component.type === 'Digits') return split(component.individual_digits ? '\\p{N}' : '\\p{N}+')
  if (component.type === 'ByteLevel' && component.use_regex !== false && !component.add_prefix_space) {
    return sequence(split(GPT2_PATTERN), { ...component, use_regex: false })
  }
  return component
}

const unnested = (part: Component): readonly Component[] =>
  part.type === 'Sequence' ? (part.pretokenizers as Component[]) : [part]
