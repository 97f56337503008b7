import { blockSize, hadamard, type LinearForm } from '@foretoken/graph'

export type BlockForm = Extract<LinearForm, { weights: 'blocks' }>

/** Where a device has the inputs and outputs of a prepared matrix. */
export interface Orders {
  readonly inputs: Int32Array
  readonly outputs: Int32Array
}

/** A prepared matrix, [inputs, outputs], and the factor of each output. */
export interface Int8Matrix {
  readonly matrix: Int8Array
  readonly scale: Float32Array
  /** Block size of the Hadamard of its inputs that is folded in; 0 for none. */
  readonly hadamard: number
}

/** Zero of unsigned bytes, and the largest magnitude. */
const ZERO = 128
const LEVELS = 127
const TILE = 64

/**
 * Writes an int8 matrix as blocks of 8 bits, [outputs, blocks, block size], and the scale of each block, [outputs * blocks]. The numbers
 * stay the same, except that the Hadamard of the inputs is taken out again: float activations need none.
 */
export function packBlocks(given: Int8Matrix, orders: Orders, target: Uint8Array, scales: Float32Array): void {
  const inputs = orders.inputs.length
  const outputs = orders.outputs.length
  const size = blockSize(inputs)
  const blocks = Math.ceil(inputs / size)
  const tile = new Float32Array(blocks * size * TILE)
  const unfold = given.hadamard > 0 ? hadamard(given.hadamard) : undefined
  // By tiles: a whole column at a time would miss the caches at every weight.
  for (let start = 0; start < outputs; start += TILE) {
    const height = Math.min(TILE, outputs - start)
    for (let input = 0; input < inputs; input++) {
      const to = orders.inputs[input] as number
      const from = input * outputs + start
      for (let i = 0; i < height; i++) tile[i * blocks * size + to] = given.matrix[from + i] as number
    }
    for (let i = 0; i < height; i++) {
      const row = tile.subarray(i * blocks * size, (i + 1) * blocks * size)
      if (unfold) transform(row.subarray(0, inputs), unfold, given.hadamard)
      const place = orders.outputs[start + i] as number
      const written = target.subarray(place * row.length, (place + 1) * row.length)
      quantize(row, size, unfold !== undefined, written, scales.subarray(place * blocks, (place + 1) * blocks))
      for (let block = 0; block < blocks; block++) {
        scales[place * blocks + block] = (scales[place * blocks + block] as number) * (given.scale[start + i] as number)
      }
    }
  }
}

/** @param isReal Whether `row` holds other numbers than integers up to `LEVELS`, so that each block needs a step. */
function quantize(row: Float32Array, size: number, isReal: boolean, target: Uint8Array, steps: Float32Array): void {
  for (let block = 0; block < steps.length; block++) {
    const values = row.subarray(block * size, (block + 1) * size)
    const largest = isReal ? values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) : LEVELS
    const step = largest / LEVELS || 1
    steps[block] = step
    for (let i = 0; i < size; i++) target[block * size + i] = Math.round((values[i] as number) / step) + ZERO
  }
}

/** Multiplies each block of `row` by the symmetric `matrix`, [size, size], in place. */
function transform(row: Float32Array, matrix: Float32Array, size: number): void {
  const old = new Float32Array(size)
  for (let start = 0; start < row.length; start += size) {
    old.set(row.subarray(start, start + size))
    for (let to = 0; to < size; to++) {
      let sum = 0
      for (let from = 0; from < size; from++) sum += (matrix[to * size + from] as number) * (old[from] as number)
      row[start + to] = sum
    }
  }
}
