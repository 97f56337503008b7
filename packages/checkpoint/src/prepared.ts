import type { Architecture, ExactGrid, WeightForm, WeightType } from '@foretoken/graph'

/** Version of the prepared folder's layout; folders of another version are converted again. */
export const PREPARED_VERSION = 4

/** Names of the files of a prepared folder. */
export const PREPARED_FILES = {
  info: 'model.json',
  graph: 'graph.onnx',
  /** Only where it was asked for. */
  skippable: 'graph.skippable.onnx',
  weights: 'weights.bin',
  tokenizer: 'tokenizer.json',
} as const

/** A file of the checkpoint that was converted. */
export interface SourceFile {
  readonly name: string
  readonly sha256?: string
}

/** Where a prepared tensor lies in `weights.bin`: little-endian, row-major. */
export interface PreparedTensor {
  readonly name: string
  readonly dtype: WeightType
  readonly shape: readonly number[]
  /** A multiple of 4096. */
  readonly offset: number
  readonly byteLength: number
}

/**
 * What conversion did to the weights: `float32` (nothing but order), `int8-rotated` (the residual stream rotated, at no cost
 * at run time) or `int8-hadamard` (architectures whose residual stream cannot rotate: inputs go through block Hadamards).
 */
export type Quantization = 'float32' | 'int8-rotated' | 'int8-hadamard'

/** What generation must know of the tokenizer; the rest is in `tokenizer.json`. */
export interface TokenFacts {
  readonly bos?: number
  /** Whether a text begins with `bos`. Default: false. */
  readonly addsBos?: boolean
  /** Named `eos_token` in chat templates. */
  readonly eos?: number
  /** Tokens that end an answer. */
  readonly stopTokens: readonly number[]
}

/** Who a checkpoint is and what belongs to it beside its tensors. */
export interface ModelFacts {
  /** Name under which the model is opened. */
  readonly id: string
  readonly source: readonly SourceFile[]
  readonly tokens: TokenFacts
  /** Jinja source. */
  readonly chatTemplate?: string
  /** SPDX name, or the checkpoint's own words. */
  readonly licence?: string
}

/** `model.json` of a prepared folder. */
export interface PreparedModel extends ModelFacts {
  readonly formatVersion: typeof PREPARED_VERSION
  readonly architecture: Architecture
  readonly quantization: Quantization
  /** How the graph must read the weights. */
  readonly form: WeightForm
  /** Integer grids of exact attention. */
  readonly grid: ExactGrid
  /** Step of the value grid of each kv head, [layers][kvHeads]. */
  readonly valueSteps: readonly (readonly number[])[]
  readonly tensors: readonly PreparedTensor[]
}
