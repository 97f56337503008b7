/**
 * What this package needs of ONNX Runtime: the parts of `onnxruntime-common` that onnxruntime-node and onnxruntime-web share.
 */
export interface OnnxTensor {
  readonly dims: readonly number[]
  readonly data: unknown
}

export type Feeds = Readonly<Record<string, OnnxTensor>>

export interface OnnxSession {
  /** Hands over the named outputs only: in new tensors, or written to the given ones. */
  run(
    feeds: Feeds,
    outputs: readonly string[] | Readonly<Record<string, OnnxTensor | null>>,
  ): Promise<Readonly<Record<string, OnnxTensor>>>
  release(): Promise<void>
}

export type TensorType = 'float32' | 'float16' | 'int32' | 'int64' | 'bool'

export type TensorData = Float32Array | Uint8Array | Uint16Array | Int32Array | BigInt64Array

/** Wraps data without copying it: `(type, data, dims) => new ort.Tensor(type, data, dims)`. */
export type MakeTensor = (type: TensorType, data: TensorData, dims: readonly number[]) => OnnxTensor
