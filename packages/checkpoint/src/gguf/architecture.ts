import { type Architecture, FAMILIES, type Family, type Rope, type RopeScaling } from '@foretoken/graph'
import { unsupported } from '../bad-checkpoint.ts'
import type { Metadata } from '../metadata.ts'
import { LIMITS } from '../required-tensors.ts'

/** Our own key: the tokens that the rows of `output.weight` score, an ascending array. Absent where it has a row for each token. */
const HEAD_TOKENS = 'foretoken.head_tokens'

/** What the metadata alone does not tell. */
export interface GgufFacts {
  readonly vocabularySize: number
  readonly hasHead: boolean
  readonly hasQkvBias: boolean
  /** Divisors of the rotary frequencies (`rope_freqs.weight`), [headDim / 2]. */
  readonly ropeDivisors?: Float32Array
}

/** The family that a GGUF file names; Gemma 3's text model is `gemma3`, Mistral files call themselves `llama`. */
export function ggufFamily(metadata: Metadata): Family {
  const name = metadata.text('general.architecture') ?? 'unnamed'
  const family = FAMILIES.find((known) => known === name)
  if (family) return family
  throw unsupported(
    `The checkpoint has the architecture "${name}".`,
    'Supported architectures: Llama, Mistral, Qwen 2, Qwen 3 and Gemma 3.',
    { architecture: name },
  )
}

/** Reads the architecture from GGUF metadata (`<architecture>.<key>`, gguf.md "LLM"). */
export function ggufArchitecture(metadata: Metadata, facts: GgufFacts): Architecture {
  const named = ggufFamily(metadata)
  const key = (name: string): string => `${named}.${name}`
  const gemma = named === 'gemma3'
  refuseExtras(metadata, named)
  const width = metadata.count(key('embedding_length'), 1, LIMITS.width)
  const layers = metadata.count(key('block_count'), 1, LIMITS.layers)
  const heads = metadata.count(key('attention.head_count'), 1, LIMITS.heads)
  const headDim = metadata.count(key('attention.key_length'), 2, LIMITS.width, Math.floor(width / heads))
  const slidingWindow = metadata.number(key('attention.sliding_window')) || undefined
  const scale = gemma && layers === 62 ? (width / heads) ** -0.5 : headDim ** -0.5 // the 27B model, as llama.cpp has it
  return {
    family: named === 'llama' && slidingWindow ? 'mistral' : named,
    vocabularySize: facts.vocabularySize,
    width,
    layers,
    heads,
    kvHeads: metadata.count(key('attention.head_count_kv'), 1, heads, heads),
    headDim,
    feedForward: metadata.count(key('feed_forward_length'), 1, LIMITS.feedForward),
    normEpsilon: shortest(metadata.number(key('attention.layer_norm_rms_epsilon')) ?? 1e-5),
    contextLength: metadata.count(key('context_length'), 1, LIMITS.context),
    rope: ropeOf(metadata, named, headDim, facts),
    ...(slidingWindow ? { slidingWindow } : {}),
    ...(gemma && slidingWindow ? { layerTypes: gemmaLayers(metadata, layers) } : {}),
    activation: gemma ? 'gelu-tanh' : 'silu',
    tiedHead: !facts.hasHead,
    ...(metadata.has(HEAD_TOKENS) ? { headTokens: Array.from(metadata.numbers(HEAD_TOKENS) ?? []) } : {}),
    qkvBias: facts.hasQkvBias,
    qkNorm: gemma || named === 'qwen3',
    norms: gemma ? 'sandwich' : 'pre',
    normOffset: gemma ? 1 : 0,
    ...(gemma ? { embeddingScale: Math.sqrt(width) } : {}),
    ...(scale === headDim ** -0.5 ? {} : { attentionScale: scale }),
  }
}

/** Keys that change the computation in ways the supported architectures do not have. */
function refuseExtras(metadata: Metadata, named: Family): void {
  const extras = ['logit_scale', 'residual_scale', 'embedding_scale', 'attn_logit_softcapping', 'expert_count']
  for (const extra of [...extras, 'final_logit_softcapping', 'attention.scale']) {
    if (!metadata.number(`${named}.${extra}`)) continue
    throw unsupported(
      `The checkpoint sets "${named}.${extra}", which Foretoken does not compute.`,
      'Use a plain Llama, Mistral, Qwen 2, Qwen 3 or Gemma 3 checkpoint.',
      { key: `${named}.${extra}` },
    )
  }
}

function gemmaLayers(metadata: Metadata, layers: number): ('global' | 'sliding')[] {
  const key = 'gemma3.attention.sliding_window_pattern'
  // Files name the period or, per layer, whether it slides; older ones leave the period of 6 unsaid.
  const slides = metadata.isList(key) ? metadata.flags(key) : undefined
  const period = slides ? 0 : metadata.count(key, 1, LIMITS.layers, 6)
  return Array.from({ length: layers }, (_, layer) =>
    (slides ? slides[layer] : (layer + 1) % period !== 0) ? 'sliding' : 'global',
  )
}

function ropeOf(metadata: Metadata, named: Family, headDim: number, facts: GgufFacts): Rope {
  const key = (name: string): string => `${named}.rope.${name}`
  const gemma = named === 'gemma3'
  const rotated = metadata.number(key('dimension_count')) ?? headDim
  if (rotated !== headDim) {
    throw unsupported(
      `Only ${rotated} of ${headDim} dimensions of each head are rotated.`,
      'Use a model that rotates whole heads.',
      { rotated, headDim },
    )
  }
  const scaling = scalingOf(metadata, key, headDim, facts)
  return {
    theta: shortest(metadata.number(key('freq_base')) ?? (gemma ? 1e6 : 1e4)),
    ...(scaling ? { scaling } : {}),
    ...(gemma ? { localTheta: shortest(metadata.number(key('freq_base_swa')) ?? 1e4) } : {}),
  }
}

function scalingOf(
  metadata: Metadata,
  key: (name: string) => string,
  headDim: number,
  facts: GgufFacts,
): RopeScaling | undefined {
  const kind = metadata.text(key('scaling.type')) ?? 'none'
  const factor = metadata.number(key('scaling.factor')) ?? metadata.number(key('scale_linear')) ?? 1
  if (kind !== 'none' && kind !== 'linear') {
    throw unsupported(`The checkpoint stretches its positions by "${kind}".`, 'Use one without, or linear or Llama 3.')
  }
  if (facts.ropeDivisors) {
    const theta = metadata.number(key('freq_base')) ?? 1e4
    return llama3Scaling(facts.ropeDivisors, theta, headDim, metadata.number(key('scaling.original_context_length')))
  }
  return factor === 1 || !(factor > 0) ? undefined : { kind: 'linear', factor: shortest(factor) }
}

/**
 * llama.cpp stores Llama 3's scaling as finished divisors of the frequencies. The largest is the factor; the other
 * parameters are those of every published model, and the divisors must be what they give.
 */
function llama3Scaling(
  divisors: Float32Array,
  theta: number,
  headDim: number,
  originalContextLength = 8192,
): RopeScaling | undefined {
  const factor = divisors.reduce((most, divisor) => Math.max(most, divisor), 1)
  if (divisors.every((divisor) => divisor === 1)) return undefined
  const [low, high] = [1, 4]
  for (let i = 0; i < divisors.length; i++) {
    const turns = originalContextLength / (2 * Math.PI * theta ** ((2 * i) / headDim))
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)))
    const expected = 1 / ((1 - smooth) / factor + smooth)
    if (divisors.length === headDim / 2 && Math.abs((divisors[i] as number) / expected - 1) < 1e-3) continue
    throw unsupported(
      'The rotary divisors (rope_freqs.weight) are not those of Llama 3.',
      'Use the Hugging Face checkpoint of this model, whose config.json names its scaling.',
    )
  }
  return { kind: 'llama3', factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength }
}

/** The shortest decimal number with the same float32: GGUF stores 1e-5 as 0.000009999999747. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === Math.fround(value)) return rounded
  }
  return value
}
