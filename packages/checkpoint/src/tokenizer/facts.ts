import type { Metadata } from '../metadata.ts'
import { metadataOf } from '../metadata.ts'
import type { TokenFacts } from '../prepared.ts'
import type { TokenizerJson } from './from-gguf.ts'
import type { Component } from './pre-tokenizers.ts'

/** Special tokens by whose name alone a model ends its turn, in whatever file it comes (llama.cpp's list). */
const ENDINGS: ReadonlySet<string> = new Set([
  '<|eot_id|>',
  '<|eom_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<end_of_turn>',
])

/** What GGUF metadata says of special tokens. */
export function tokenFactsFromGguf(metadata: Metadata): TokenFacts {
  const id = (name: string): number | undefined => metadata.number(`tokenizer.ggml.${name}_token_id`)
  const bos = id('bos')
  const eos = id('eos')
  const pre = metadata.text('tokenizer.ggml.pre') ?? 'default'
  const expected = metadata.text('tokenizer.ggml.model') === 'llama' || /^(llama-?(bpe|3|v3)|tekken)$/.test(pre)
  const types = metadata.numbers('tokenizer.ggml.token_type')
  const named = (metadata.strings('tokenizer.ggml.tokens') ?? []).flatMap((token, at) =>
    types?.[at] === 3 && ENDINGS.has(token) ? [at] : [],
  )
  return factsOf(bos, metadata.flag('tokenizer.ggml.add_bos_token') ?? expected, eos, [id('eot'), id('eom'), ...named])
}

/**
 * What the files of a Hugging Face folder say of special tokens.
 * @param configs `tokenizer_config.json`, `generation_config.json` and `config.json`, as far as they are there.
 */
export function tokenFactsFromConfigs(
  json: TokenizerJson,
  configs: {
    readonly tokenizer: Readonly<Record<string, unknown>>
    readonly generation: Readonly<Record<string, unknown>>
    readonly model: Readonly<Record<string, unknown>>
  },
): TokenFacts {
  const idOf = (token: unknown): number | undefined => {
    const content = typeof token === 'object' && token !== null ? (token as Record<string, unknown>).content : token
    return json.added_tokens.find((added) => added.content === content)?.id
  }
  const prepended = firstSpecial(json.post_processor)
  const stated = metadataOf(new Map(Object.entries(configs.tokenizer)))
  const bos = idOf(prepended ?? configs.tokenizer.bos_token)
  const eos = idOf(configs.tokenizer.eos_token)
  const named = json.added_tokens.flatMap((token) => (token.special && ENDINGS.has(token.content) ? [token.id] : []))
  const addsBos = prepended !== undefined || (stated.flag('add_bos_token') ?? false)
  return factsOf(bos, addsBos, eos, [
    ...idsOf(configs.generation.eos_token_id),
    ...idsOf(configs.model.eos_token_id),
    ...named,
  ])
}

function factsOf(
  bos: number | undefined,
  addsBos: boolean,
  eos: number | undefined,
  endings: readonly (number | undefined)[],
): TokenFacts {
  const stops = new Set([eos, ...endings].filter((id) => id !== undefined))
  return {
    ...(bos === undefined ? {} : { bos, addsBos }),
    ...(eos === undefined ? {} : { eos }),
    stopTokens: [...stops].sort((a, b) => a - b),
  }
}

/** The special token that a post-processor puts before a text. */
function firstSpecial(processor: Component | null): string | undefined {
  if (!processor) return undefined
  if (processor.type === 'Sequence' && Array.isArray(processor.processors)) {
    return (processor.processors as Component[]).map(firstSpecial).find((token) => token !== undefined)
  }
  if (processor.type !== 'TemplateProcessing' || !Array.isArray(processor.single)) return undefined
  const first = (processor.single as Record<string, unknown>[])[0]?.SpecialToken as Record<string, unknown> | undefined
  return typeof first?.id === 'string' ? first.id : undefined
}

function idsOf(value: unknown): number[] {
  return (Array.isArray(value) ? value : [value]).filter((id) => Number.isInteger(id)) as number[]
}
