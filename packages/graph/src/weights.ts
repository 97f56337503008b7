import { type Architecture, checkArchitecture, headSize } from './architecture.ts'

/**
 * Prepared weights: what a graph reads, as conversion writes it.
 *
 * - Matrices are input-major, [in, out]. Query heads stand group-major: of `groups = heads / kvHeads`, the checkpoint's
 *   head `k * groups + g` is prepared head `g * kvHeads + k`, in the columns of `qkv` (q, then k, then v) and the rows of `output`.
 * - Norm weights are effective factors (Gemma's 1 already added).
 * - Values leave `qkv` in grid units: the v columns (and bias) are divided by the value scale of their kv head, the rows of
 *   `output` are multiplied by it.
 * - int8 matrices have a factor per output, `<name>.scale`: `w[i, o] = matrix[i, o] * scale[o]`.
 */
export type LinearName = 'qkv' | 'output' | 'gate_up' | 'down' | 'head'

export const LINEAR_NAMES: readonly LinearName[] = ['qkv', 'output', 'gate_up', 'down', 'head']

/** How one kind of linear layer is stored and computed. */
export type LinearForm =
  | { readonly weights: 'float32' }
  | {
      readonly weights: 'int8'
      /** Step of the int8 activations: from each row's largest entry, or a constant (one, or one per layer). */
      readonly activation: 'row' | number | readonly number[]
      /** Block size of a Hadamard transform (orthonormal, H[i, j] = ±size^−½) of the input before it is quantized; 0 for none. */
      readonly hadamard: number
    }
  | {
      /**
       * Unsigned integers with a scale for each block of an output's weights, for float activations: the form of graphics devices.
       * [out, blocks, bytes of a block], zero in the middle; `<name>.scale` is [out * blocks].
       */
      readonly weights: 'blocks'
      readonly bits: 4 | 8
    }

/** Everything about prepared weights that a graph must know; part of a prepared model's description. */
export interface WeightForm {
  readonly embedding: 'float32' | 'float16'
  /** Norm weights before linear layers are folded into those layers; sandwich norms never are. */
  readonly foldedNorms: boolean
  readonly linear: Readonly<Record<LinearName, LinearForm>>
}

/** Unquantized, as the checkpoint has it. */
export const FLOAT32_FORM: WeightForm = {
  embedding: 'float32',
  foldedNorms: false,
  linear: {
    qkv: { weights: 'float32' },
    output: { weights: 'float32' },
    gate_up: { weights: 'float32' },
    down: { weights: 'float32' },
    head: { weights: 'float32' },
  },
}

/** int8 with per-row activations; `down` goes through a block Hadamard. */
export function int8Form(options: { readonly hadamard?: number } = {}): WeightForm {
  const row: LinearForm = { weights: 'int8', activation: 'row', hadamard: 0 }
  return {
    embedding: 'float16',
    foldedNorms: true,
    linear: { qkv: row, output: row, gate_up: row, down: { ...row, hadamard: options.hadamard ?? 32 }, head: row },
  }
}

export type WeightType = 'float32' | 'float16' | 'int8' | 'uint8'

/** One prepared tensor. */
export interface WeightSpec {
  readonly name: string
  readonly dtype: WeightType
  readonly shape: readonly number[]
}

/**
 * Weights of one output that share a scale in the form `blocks`: 32, for which the runtime has its quickest kernels, or 16 where 32 does
 * not divide the inputs.
 */
export function blockSize(inputs: number): number {
  return inputs % 32 === 0 ? 32 : 16
}

/** Columns of `qkv`: q heads, then k heads, then v heads. */
export function qkvWidth(architecture: Architecture): number {
  return (architecture.heads + 2 * architecture.kvHeads) * architecture.headDim
}

/** True when the graph multiplies by the embedding instead of a head of its own. */
export function sharesEmbedding(architecture: Architecture, form: WeightForm): boolean {
  return (
    architecture.tiedHead && form.linear.head.weights === 'float32' && form.embedding === 'float32' && !form.foldedNorms
  )
}

/** Inputs and outputs of each kind of linear layer. */
export function linearSizes(architecture: Architecture): Readonly<Record<LinearName, readonly [number, number]>> {
  const { width, heads, headDim, feedForward } = architecture
  return {
    qkv: [width, qkvWidth(architecture)],
    output: [heads * headDim, width],
    gate_up: [width, 2 * feedForward],
    down: [feedForward, width],
    head: [width, headSize(architecture)],
  }
}

/** Every prepared tensor of `architecture` in the form `form`, in the order in which a step reads them. */
export function weightPlan(architecture: Architecture, form: WeightForm): WeightSpec[] {
  checkArchitecture(architecture)
  const { width, heads, kvHeads, headDim, vocabularySize } = architecture
  const plan: WeightSpec[] = [{ name: 'embedding', dtype: form.embedding, shape: [vocabularySize, width] }]
  const vector = (name: string, ...shape: number[]) => plan.push({ name, dtype: 'float32', shape })
  const sizes = linearSizes(architecture)
  const matrix = (prefix: string, kind: LinearName) => {
    const [input, output] = sizes[kind]
    const linear = form.linear[kind]
    if (linear.weights === 'blocks') {
      const size = blockSize(input)
      const blocks = Math.ceil(input / size)
      plan.push({ name: prefix + kind, dtype: 'uint8', shape: [output, blocks, (size * linear.bits) / 8] })
      vector(`${prefix}${kind}.scale`, output * blocks)
      return
    }
    const isQuantized = linear.weights === 'int8'
    plan.push({ name: prefix + kind, dtype: isQuantized ? 'int8' : 'float32', shape: [input, output] })
    if (isQuantized) vector(`${prefix}${kind}.scale`, output)
  }
  for (let layer = 0; layer < architecture.layers; layer++) {
    const prefix = `layers.${layer}.`
    if (!form.foldedNorms) vector(`${prefix}attention_norm`, width)
    matrix(prefix, 'qkv')
    if (architecture.qkvBias) vector(`${prefix}qkv.bias`, qkvWidth(architecture))
    if (architecture.qkNorm) vector(`${prefix}qk_norm`, heads + kvHeads, headDim)
    matrix(prefix, 'output')
    if (architecture.norms === 'sandwich') vector(`${prefix}post_attention_norm`, width)
    if (!form.foldedNorms) vector(`${prefix}feed_forward_norm`, width)
    matrix(prefix, 'gate_up')
    matrix(prefix, 'down')
    if (architecture.norms === 'sandwich') vector(`${prefix}post_feed_forward_norm`, width)
  }
  if (!form.foldedNorms) vector('norm', width)
  if (!sharesEmbedding(architecture, form)) matrix('', 'head')
  return plan
}

/** Where a prepared tensor's bytes are: in hand, or in a file beside the graph. Little endian, row-major. */
export type WeightLocation =
  | { readonly bytes: Uint8Array }
  | { readonly file: string; readonly offset: number; readonly byteLength: number }

/** Prepared tensors by name. */
export type WeightTable = ReadonlyMap<string, WeightLocation>

export const BYTES_PER_ELEMENT: Readonly<Record<WeightType, number>> = { float32: 4, float16: 2, int8: 1, uint8: 1 }

export function byteLength(spec: WeightSpec): number {
  return spec.shape.reduce((product, extent) => product * extent, BYTES_PER_ELEMENT[spec.dtype])
}
