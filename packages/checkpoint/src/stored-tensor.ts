import { ForetokenError } from '@foretoken/core'
import type { SourceTensor, TensorSource } from '@foretoken/graph'
import { badCheckpoint, unsupported } from './bad-checkpoint.ts'
import type { ByteSource } from './bytes.ts'
import type { StorageType } from './quantization/types.ts'

/** Where and how one tensor lies in a file. */
export interface StoredTensor {
  readonly name: string
  /** Row-major, slowest axis first. */
  readonly shape: readonly number[]
  readonly type: StorageType
  /** Absolute byte offset in the file. */
  readonly offset: number
  readonly byteLength: number
}

/** A tensor source that knows what its tensors take in the file. */
export interface StoredSource extends TensorSource {
  readonly tensors: ReadonlyMap<string, SourceTensor & { readonly byteLength: number }>
}

/** A stored tensor as a source shows it. */
export const shown = ({ shape, type, byteLength }: StoredTensor): SourceTensor & { readonly byteLength: number } => ({
  shape,
  type: type.name,
  byteLength,
})

/** Dequantized float32 of rows [from, to) of the first axis, [to − from, …rest]. */
export async function readRows(
  source: ByteSource,
  tensor: StoredTensor,
  from: number,
  to: number,
): Promise<Float32Array> {
  const { type, shape, name } = tensor
  const rows = shape[0] ?? 1
  checkRows(name, rows, from, to)
  const dequantize = type.dequantize
  if (!dequantize) {
    throw unsupported(
      `Tensor "${name}" is stored as ${type.name}, which Foretoken does not read.`,
      'Use a checkpoint in F32, F16, BF16, Q8_0, Q6_K, Q5_K, Q4_K, Q5_0, Q5_1, Q4_0 or Q4_1.',
      { name, type: type.name },
    )
  }
  const columns = shape.slice(1).reduce((product, length) => product * length, 1)
  const rowBytes = tensor.byteLength / rows
  // Blocks run along the last axis; of a vector they span rows, so it is read whole and cut.
  const whole = shape.length === 1 && type.elements > 1
  const [first, last] = whole ? [0, rows] : [from, to]
  const bytes = await source.read(tensor.offset + first * rowBytes, (last - first) * rowBytes)
  const out = allocate((last - first) * columns, name)
  dequantize(bytes, out.length / type.elements, out)
  return whole ? out.subarray(from, to) : out
}

/** Throws `BAD_OPTION` unless 0 <= from <= to <= rows, all whole. */
export function checkRows(name: string, rows: number, from: number, to: number): void {
  if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= rows) return
  throw new ForetokenError('BAD_OPTION', `Rows ${from} to ${to} of "${name}" were asked; it has ${rows}.`, {
    fix: 'Ask for rows inside the tensor.',
    details: { name, rows, from, to },
  })
}

/** Refuses tensors that share bytes of a file. */
export function refuseOverlaps(tensors: readonly StoredTensor[]): void {
  const sorted = [...tensors].sort((a, b) => a.offset - b.offset)
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1] as StoredTensor
    const after = sorted[i] as StoredTensor
    if (before.offset + before.byteLength <= after.offset) continue
    throw badCheckpoint(`The tensors "${before.name}" and "${after.name}" share bytes of the file.`)
  }
}

function allocate(length: number, name: string): Float32Array {
  try {
    return new Float32Array(length)
  } catch (cause) {
    throw new ForetokenError('BAD_CHECKPOINT', `No memory for ${length} weights of "${name}".`, {
      fix: 'Read fewer rows at a time.',
      details: { name, length },
      cause,
    })
  }
}
