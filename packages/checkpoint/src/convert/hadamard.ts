/**
 * Orthonormal Hadamard transform (Sylvester order) of each consecutive block of `size` entries, in place: `x·H`.
 * `size` is a power of two that divides the length.
 */
export function hadamardBlocks(values: Float32Array, size: number): void {
  const factor = size ** -0.5
  for (let start = 0; start < values.length; start += size) {
    const end = start + size
    for (let half = 1; half < size; half *= 2) butterflies(values, start, end, half)
    for (let i = start; i < end; i++) values[i] = values[i]! * factor
  }
}

function butterflies(values: Float32Array, start: number, end: number, half: number): void {
  for (let pair = start; pair < end; pair += 2 * half) {
    for (let i = pair; i < pair + half; i++) {
      const a = values[i]!
      const b = values[i + half]!
      values[i] = a + b
      values[i + half] = a - b
    }
  }
}

/**
 * The same transform across rows: of `values`, [rows, columns], each consecutive block of `size` rows is multiplied by H
 * from the left, in place.
 */
export function hadamardRows(values: Float32Array, columns: number, size: number): void {
  hadamardSteps(values, columns, size)
  const factor = size ** -0.5
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor
}

function hadamardSteps(values: Float32Array, columns: number, size: number): void {
  const block = size * columns
  for (let start = 0; start < values.length; start += block) {
    for (let half = columns; half < block; half *= 2) butterflies(values, start, start + block, half)
  }
}

/** The largest power of two that divides `width`, at most `limit`. */
export function hadamardSize(width: number, limit: number = width): number {
  let size = 1
  while (width % (2 * size) === 0 && 2 * size <= limit) size *= 2
  return size
}
