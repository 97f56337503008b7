import type { Architecture } from './architecture.ts'

/** A tensor as it stands in a checkpoint. */
export interface SourceTensor {
  /** [out, in] for matrices. */
  readonly shape: readonly number[]
  /** Stored type, as its format names it: `Q4_1`, `BF16`. */
  readonly type: string
}

/**
 * A checkpoint's architecture and tensors under Hugging Face names (`model.layers.0.self_attn.q_proj.weight`), matrices
 * [out, in], rotary halves split, norm weights as Hugging Face stores them. Readers of other formats map to this form.
 */
export interface TensorSource {
  readonly architecture: Architecture
  readonly tensors: ReadonlyMap<string, SourceTensor>
  /**
   * Dequantized values of rows [from, to) of the first axis; the whole tensor by default.
   * Throws `BAD_CHECKPOINT` when the name is unknown or the bytes are not there.
   */
  read(name: string, from?: number, to?: number): Promise<Float32Array>
  dispose(): Promise<void>
}
