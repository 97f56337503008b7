import type { Architecture, Family, Rope, RopeScaling } from '@foretoken/graph'
import { badCheckpoint, unsupported } from '../bad-checkpoint.ts'
import { type Metadata, metadataOf } from '../metadata.ts'
import { LIMITS } from '../required-tensors.ts'
import { isObject } from './header.ts'

type Config = Readonly<Record<string, unknown>>

const FAMILY_OF: ReadonlyMap<unknown, Family> = new Map<unknown, Family>([
  ['llama', 'llama'],
  ['mistral', 'mistral'],
  ['qwen2', 'qwen2'],
  ['qwen3', 'qwen3'],
  ['gemma3', 'gemma3'],
  ['gemma3_text', 'gemma3'],
])

/** What configurations leave out because it equals the default of their class. */
const DEFAULTS: Partial<Record<Family, Config>> = {
  mistral: { sliding_window: 4096, num_key_value_heads: 8 },
  gemma3: {
    vocab_size: 262_208,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
    query_pre_attn_scalar: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    rope_theta: 1e6,
    rope_local_base_freq: 1e4,
    rms_norm_eps: 1e-6,
  },
}

/**
 * Reads the architecture from a Hugging Face `config.json`, of transformers 4 and 5.
 * @param hasHead whether the checkpoint holds `lm_head.weight`; decides where the configuration does not.
 */
export function configArchitecture(config: Config, hasHead: boolean): Architecture {
  const family = FAMILY_OF.get(config.model_type)
  if (!family) {
    throw unsupported(
      `config.json has the model_type ${JSON.stringify(config.model_type)}.`,
      'Supported architectures: Llama, Mistral, Qwen 2, Qwen 3 and Gemma 3.',
      { modelType: config.model_type },
    )
  }
  const inner = isObject(config.text_config) ? config.text_config : config
  const merged: Config = { ...DEFAULTS[family], ...inner }
  const values = metadataOf(new Map(Object.entries(merged)))
  const gemma = family === 'gemma3'
  refuseExtras(values, gemma)
  const width = values.count('hidden_size', 1, LIMITS.width)
  const layers = values.count('num_hidden_layers', 1, LIMITS.layers)
  const heads = values.count('num_attention_heads', 1, LIMITS.heads)
  const headDim = values.count('head_dim', 2, LIMITS.width, Math.floor(width / heads))
  const scale = (values.number('query_pre_attn_scalar') ?? headDim) ** -0.5
  return {
    family,
    vocabularySize: values.count('vocab_size', 1, LIMITS.vocabulary),
    width,
    layers,
    heads,
    kvHeads: values.count('num_key_value_heads', 1, heads, heads),
    headDim,
    feedForward: values.count('intermediate_size', 1, LIMITS.feedForward),
    normEpsilon: values.number('rms_norm_eps') ?? 1e-6,
    contextLength: values.count('max_position_embeddings', 1, LIMITS.context),
    rope: ropeOf(merged, gemma),
    ...windowOf(values, family, layers),
    activation: gemma ? 'gelu-tanh' : 'silu',
    tiedHead: values.flag('tie_word_embeddings') ?? !hasHead,
    qkvBias: family === 'qwen2' || (values.flag('attention_bias') ?? false),
    qkNorm: gemma || family === 'qwen3',
    norms: gemma ? 'sandwich' : 'pre',
    normOffset: gemma ? 1 : 0,
    ...(gemma ? { embeddingScale: Math.sqrt(width) } : {}),
    ...(scale === headDim ** -0.5 ? {} : { attentionScale: scale }),
  }
}

function refuseExtras(values: Metadata, gemma: boolean): void {
  const activation = values.text('hidden_activation') ?? values.text('hidden_act') ?? 'silu'
  const wrong = [
    activation !== (gemma ? 'gelu_pytorch_tanh' : 'silu') && `the activation "${activation}"`,
    values.flag('mlp_bias') && 'biases in the feed-forward blocks',
    values.number('attn_logit_softcapping') && 'attn_logit_softcapping',
    values.number('final_logit_softcapping') && 'final_logit_softcapping',
    values.flag('use_bidirectional_attention') && 'bidirectional attention',
    (values.number('partial_rotary_factor') ?? 1) !== 1 && 'partly rotated heads',
  ].find(Boolean)
  if (wrong) throw unsupported(`config.json asks for ${wrong}.`, 'Use a plain checkpoint of a supported architecture.')
}

function windowOf(
  values: Metadata,
  family: Family,
  layers: number,
): { slidingWindow?: number; layerTypes?: ('global' | 'sliding')[] } {
  const qwen = family === 'qwen2' || family === 'qwen3'
  if (family === 'llama' || !values.has('sliding_window') || (qwen && !values.flag('use_sliding_window'))) return {}
  const slidingWindow = values.count('sliding_window', 1, LIMITS.context)
  const stated = values.strings('layer_types')
  if (stated) return { slidingWindow, layerTypes: stated.map(layerTypeOf) }
  if (family === 'mistral') return { slidingWindow }
  const period = values.count('_sliding_window_pattern', 1, LIMITS.layers, values.number('sliding_window_pattern') ?? 6)
  const globals = qwen ? values.count('max_window_layers', 0, LIMITS.layers, 28) : 0
  const slides = (layer: number): boolean => (qwen ? layer >= globals : (layer + 1) % period !== 0)
  return { slidingWindow, layerTypes: Array.from({ length: layers }, (_, l) => (slides(l) ? 'sliding' : 'global')) }
}

function layerTypeOf(name: string): 'global' | 'sliding' {
  if (name === 'sliding_attention') return 'sliding'
  if (name === 'full_attention') return 'global'
  throw unsupported(`A layer has the type "${name}".`, 'Layers of full_attention and sliding_attention are supported.')
}

/** transformers 4 states `rope_theta` and `rope_scaling`, transformers 5 `rope_parameters`, per kind of layer for Gemma. */
function ropeOf(config: Config, gemma: boolean): Rope {
  const parameters = isObject(config.rope_parameters) ? config.rope_parameters : undefined
  const global = parameters && isObject(parameters.full_attention) ? parameters.full_attention : parameters
  const local = parameters && isObject(parameters.sliding_attention) ? parameters.sliding_attention : undefined
  const theta = positive(global?.rope_theta ?? config.rope_theta ?? 1e4, 'rope_theta')
  const scaling = scalingOf(global ?? config.rope_scaling)
  const localTheta = positive(local?.rope_theta ?? config.rope_local_base_freq ?? 1e4, 'rope_local_base_freq')
  return { theta, ...(scaling ? { scaling } : {}), ...(gemma ? { localTheta } : {}) }
}

function scalingOf(value: unknown): RopeScaling | undefined {
  if (!isObject(value)) return undefined
  const kind = value.rope_type ?? value.type ?? 'default'
  if (kind === 'default') return undefined
  if (kind === 'linear') return { kind, factor: positive(value.factor, 'factor') }
  if (kind === 'llama3') {
    return {
      kind,
      factor: positive(value.factor, 'factor'),
      lowFrequencyFactor: positive(value.low_freq_factor, 'low_freq_factor'),
      highFrequencyFactor: positive(value.high_freq_factor, 'high_freq_factor'),
      originalContextLength: positive(value.original_max_position_embeddings, 'original_max_position_embeddings'),
    }
  }
  throw unsupported(
    `config.json stretches positions by ${JSON.stringify(kind)}.`,
    'Scaling of the kinds default, linear and llama3 is supported.',
  )
}

function positive(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw badCheckpoint(`"${name}" in config.json is ${JSON.stringify(value)}; a positive number was expected.`)
}
