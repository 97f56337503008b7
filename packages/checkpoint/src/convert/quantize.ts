/** uint8 that stands for 0. */
export const ZERO_POINT = 128

const LEVELS = 127
const TILE = 64

/**
 * Columns of a prepared matrix, [inputs, outputs], filled from rows of a checkpoint's [outputs, inputs].
 * `put` places [n, inputs] as columns from `first` on; `rows` may be overwritten.
 */
export interface Columns {
  put(first: number, rows: Float32Array): void
}

/** An int8 matrix and the factor of each output: `w[i, o] ≈ (matrix[i, o] − 128) * scale[o]`. */
export interface QuantizedMatrix {
  readonly matrix: Uint8Array
  readonly scale: Float32Array
}

/** Quantizes each output with its own step, a 127th of its largest weight. */
export function quantizedColumns(inputs: number, outputs: number): QuantizedMatrix & Columns {
  const matrix = new Uint8Array(inputs * outputs)
  const scale = new Float32Array(outputs)
  const inverse = new Float64Array(TILE)
  return {
    matrix,
    scale,
    put(first, rows) {
      const count = rows.length / inputs
      for (let tile = 0; tile < count; tile += TILE) {
        const height = Math.min(TILE, count - tile)
        for (let i = 0; i < height; i++) {
          const row = rows.subarray((tile + i) * inputs, (tile + i + 1) * inputs)
          const step = stepFor(largestMagnitude(row))
          scale[first + tile + i] = step
          inverse[i] = inverseOf(step)
        }
        packTile(matrix, outputs, first + tile, rows, tile, height, inputs, inverse)
      }
    },
  }
}

function packTile(
  matrix: Uint8Array,
  outputs: number,
  column: number,
  rows: Float32Array,
  firstRow: number,
  height: number,
  inputs: number,
  inverse: Float64Array,
): void {
  for (let input = 0; input < inputs; input++) {
    const target = input * outputs + column
    let from = firstRow * inputs + input
    for (let i = 0; i < height; i++, from += inputs) matrix[target + i] = rows[from]! * inverse[i]! + (ZERO_POINT + 0.5)
  }
}

/** The same weights in float32, transposed. */
export function floatColumns(inputs: number, outputs: number): { readonly matrix: Float32Array } & Columns {
  const matrix = new Float32Array(inputs * outputs)
  return {
    matrix,
    put(first, rows) {
      const count = rows.length / inputs
      for (let tile = 0; tile < count; tile += TILE) {
        const height = Math.min(TILE, count - tile)
        for (let input = 0; input < inputs; input++) {
          const target = input * outputs + first + tile
          let from = tile * inputs + input
          for (let i = 0; i < height; i++, from += inputs) matrix[target + i] = rows[from]!
        }
      }
    },
  }
}

/** Quantizes `values`, [inputs, outputs], which already lie as a prepared matrix does. */
export function quantizeMatrix(values: Float32Array, outputs: number): QuantizedMatrix {
  const largest = new Float32Array(outputs)
  for (let start = 0; start < values.length; start += outputs) {
    for (let o = 0; o < outputs; o++) largest[o] = Math.max(largest[o]!, Math.abs(values[start + o]!))
  }
  const scale = largest.map(stepFor)
  const inverse = Float64Array.from(scale, inverseOf)
  const matrix = new Uint8Array(values.length)
  for (let start = 0; start < values.length; start += outputs) {
    for (let o = 0; o < outputs; o++) matrix[start + o] = values[start + o]! * inverse[o]! + (ZERO_POINT + 0.5)
  }
  return { matrix, scale }
}

/** float32 step; 0 where all weights are so small that it would be subnormal and imprecise. */
function stepFor(largest: number): number {
  const step = Math.fround(largest / LEVELS)
  return step < 2 ** -126 ? 0 : step
}

function inverseOf(step: number): number {
  return step === 0 ? 0 : 1 / step
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!))
  return largest
}
