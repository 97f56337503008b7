const LEVELS = 127
const TILE = 64

/**
 * Columns of a prepared matrix, [inputs, outputs], filled from rows of a checkpoint's [outputs, inputs].
 * `put` places [n, inputs] as columns from `first` on; `rows` may be overwritten.
 */
export interface Columns {
  put(first: number, rows: Float32Array): void
}

/** An int8 matrix and the factor of each output: `w[i, o] ≈ matrix[i, o] * scale[o]`. */
export interface QuantizedMatrix {
  readonly matrix: Int8Array
  readonly scale: Float32Array
}

/** Quantizes each output with its own step, a 127th of its largest weight. */
export function quantizedColumns(inputs: number, outputs: number): QuantizedMatrix & Columns {
  const matrix = new Int8Array(inputs * outputs)
  const scale = new Float32Array(outputs)
  const tile = new Int8Array(inputs * TILE)
  return {
    matrix,
    scale,
    put(first, rows) {
      forTiles(rows.length / inputs, (start, height) => {
        for (let i = 0; i < height; i++) {
          const row = rows.subarray((start + i) * inputs, (start + i + 1) * inputs)
          const step = stepFor(largestMagnitude(row))
          scale[first + start + i] = step
          const inverse = inverseOf(step)
          for (let k = 0, to = i; k < inputs; k++, to += TILE) tile[to] = Math.round(row[k]! * inverse)
        }
        copyTile(matrix, outputs, first + start, tile, height)
      })
    },
  }
}

/** The same weights in float32, transposed. */
export function floatColumns(inputs: number, outputs: number): { readonly matrix: Float32Array } & Columns {
  const matrix = new Float32Array(inputs * outputs)
  const tile = new Float32Array(inputs * TILE)
  return {
    matrix,
    put(first, rows) {
      forTiles(rows.length / inputs, (start, height) => {
        for (let i = 0; i < height; i++) {
          const from = (start + i) * inputs
          for (let k = 0, to = i; k < inputs; k++, to += TILE) tile[to] = rows[from + k]!
        }
        copyTile(matrix, outputs, first + start, tile, height)
      })
    },
  }
}

/** Rows are transposed by way of a small tile: a whole matrix is too wide for caches, its row strides often powers of two. */
function forTiles(count: number, visit: (start: number, height: number) => void): void {
  for (let start = 0; start < count; start += TILE) visit(start, Math.min(TILE, count - start))
}

/** Copies the first `height` columns of `tile`, [inputs, TILE], to columns of `matrix`, [inputs, outputs]. */
function copyTile<T extends Int8Array | Float32Array>(
  matrix: T,
  outputs: number,
  column: number,
  tile: T,
  height: number,
): void {
  for (let from = 0, to = column; from < tile.length; from += TILE, to += outputs) {
    for (let i = 0; i < height; i++) matrix[to + i] = tile[from + i]!
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
  const matrix = new Int8Array(values.length)
  for (let start = 0; start < values.length; start += outputs) {
    for (let o = 0; o < outputs; o++) matrix[start + o] = Math.round(values[start + o]! * inverse[o]!)
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
