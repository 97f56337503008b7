import { ForetokenError } from '@foretoken/core'

/** Model families whose graphs can be built. */
export const FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gemma3'] as const

export type Family = (typeof FAMILIES)[number]

/** How rotary frequencies are stretched past the trained context. */
export type RopeScaling =
  /** Positions are divided by `factor`. */
  | { readonly kind: 'linear'; readonly factor: number }
  /** Llama 3: low frequencies are divided by `factor`, high ones kept, with a ramp between. */
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContextLength: number
    }

export interface Rope {
  readonly theta: number
  /** Applies to global layers only. */
  readonly scaling?: RopeScaling
  /** Base of sliding layers where it differs from `theta` (Gemma 3). */
  readonly localTheta?: number
}

/**
 * A decoder-only transformer as plain JSON data. Linear layers have no bias except where said; normalization is RMS.
 */
export interface Architecture {
  readonly family: Family
  readonly vocabularySize: number
  /** Width of the residual stream. */
  readonly width: number
  readonly layers: number
  /** Query heads; a multiple of `kvHeads`. */
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  /** Inner width of the gated feed-forward block. */
  readonly feedForward: number
  readonly normEpsilon: number
  /** Most positions the model was made for. */
  readonly contextLength: number
  readonly rope: Rope
  /** Sliding layers attend to the last `slidingWindow` positions, the own one included. */
  readonly slidingWindow?: number
  /** Per layer, [layers]. Default: all `sliding` when `slidingWindow` is set, else all `global`. */
  readonly layerTypes?: readonly ('global' | 'sliding')[]
  readonly activation: 'silu' | 'gelu-tanh'
  /** The output head is the embedding. */
  readonly tiedHead: boolean
  /**
   * Tokens that the head scores, ascending; every other token's logit is −Infinity. For draft models, whose head would cost more than
   * all their layers. Default: all. A tied head scores all.
   */
  readonly headTokens?: readonly number[]
  /** Biases on q, k and v (Qwen 2). */
  readonly qkvBias: boolean
  /** RMS normalization of each q and k head before the rotation (Qwen 3, Gemma 3). */
  readonly qkNorm: boolean
  /** `sandwich`: attention and feed-forward outputs are normalized once more before they are added (Gemma). */
  readonly norms: 'pre' | 'sandwich'
  /** Stored norm weights `w` stand for `normOffset + w`; 1 for Gemma, else 0. */
  readonly normOffset: 0 | 1
  /** Factor on looked-up embeddings. Default 1. */
  readonly embeddingScale?: number
  /** Factor on q·k. Default `headDim ** -0.5`. */
  readonly attentionScale?: number
}

/** Whether layer `layer` sees all positions or a window of them. */
export function layerType(architecture: Architecture, layer: number): 'global' | 'sliding' {
  return architecture.layerTypes?.[layer] ?? (architecture.slidingWindow === undefined ? 'global' : 'sliding')
}

/** Tokens that the head scores. */
export function headSize(architecture: Architecture): number {
  return architecture.headTokens?.length ?? architecture.vocabularySize
}

/** Throws `BAD_CHECKPOINT` when the description contradicts itself; a graph of it could not be right. */
export function checkArchitecture(architecture: Architecture): void {
  const a = architecture
  if (!FAMILIES.includes(a.family)) refuse('family', a.family, `one of ${FAMILIES.join(', ')}`, 'UNSUPPORTED')
  for (const name of [
    'vocabularySize',
    'width',
    'layers',
    'heads',
    'kvHeads',
    'headDim',
    'feedForward',
    'contextLength',
  ] as const) {
    if (!Number.isSafeInteger(a[name]) || a[name] < 1) refuse(name, a[name], 'a positive integer')
  }
  if (a.heads % a.kvHeads !== 0) refuse('heads', a.heads, `a multiple of kvHeads (${a.kvHeads})`)
  if (a.headDim % 2 !== 0) refuse('headDim', a.headDim, 'an even number')
  if (!(a.normEpsilon >= 0 && a.normEpsilon < 1)) refuse('normEpsilon', a.normEpsilon, 'a number from 0 to 1')
  if (!(a.rope.theta > 0)) refuse('rope.theta', a.rope.theta, 'a positive number')
  if (a.slidingWindow !== undefined && !(Number.isSafeInteger(a.slidingWindow) && a.slidingWindow > 0)) {
    refuse('slidingWindow', a.slidingWindow, 'a positive integer')
  }
  if (a.layerTypes && a.layerTypes.length !== a.layers) refuse('layerTypes', a.layerTypes.length, `${a.layers} entries`)
  if (a.layerTypes?.includes('sliding') && a.slidingWindow === undefined) {
    refuse('slidingWindow', undefined, 'a window, because some layers slide')
  }
  checkHeadTokens(architecture)
}

function checkHeadTokens({ headTokens, tiedHead, vocabularySize }: Architecture): void {
  if (headTokens === undefined) return
  if (tiedHead) refuse('headTokens', `a list of ${headTokens.length}`, 'none, because the head is the embedding')
  if (headTokens.length === 0) refuse('headTokens', 'empty', 'at least one token')
  headTokens.forEach((token, index) => {
    const isAscending = index === 0 || token > (headTokens[index - 1] as number)
    if (Number.isSafeInteger(token) && token >= 0 && token < vocabularySize && isAscending) return
    refuse(`headTokens[${index}]`, token, `an ascending token from 0 to ${vocabularySize - 1}`)
  })
}

function refuse(
  field: string,
  value: unknown,
  expected: string,
  code: 'BAD_CHECKPOINT' | 'UNSUPPORTED' = 'BAD_CHECKPOINT',
): never {
  throw new ForetokenError(code, `The architecture's ${field} is ${String(value)}; expected ${expected}.`, {
    fix: 'Use a checkpoint whose configuration describes one of the supported architectures.',
    details: { field, value },
  })
}
