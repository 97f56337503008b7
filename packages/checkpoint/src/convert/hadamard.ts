/**
 * Orthonormal Hadamard transform (Sylvester order) of each consecutive block of `size` entries, in place: `x·H`.
 * `size` is a power of two that divides the length.
 */
export function hadamardBlocks(values: Float32Array, size: number): void {
  hadamardSums(values, size)
  scale(values, size ** -0.5)
}

/**
 * The same transform across rows: of `values`, [rows, columns], each consecutive block of `size` rows is multiplied by H
 * from the left, in place.
 */
export function hadamardRows(values: Float32Array, columns: number, size: number): void {
  hadamardSums(values, size, columns)
  scale(values, size ** -0.5)
}

/**
 * The transform without its factor size^−½; entries of a block lie `stride` apart. Works on four entries at a time, which
 * takes half the passes over memory.
 */
export function hadamardSums(values: Float32Array, size: number, stride = 1): void {
  const block = size * stride
  for (let start = 0; start < values.length; start += block) {
    let step = stride
    for (; 4 * step <= block; step *= 4) sumsOfFour(values, start, start + block, step)
    if (step < block) sumsOfTwo(values, start, step)
  }
}

function sumsOfFour(values: Float32Array, start: number, end: number, step: number): void {
  for (let group = start; group < end; group += 4 * step) {
    for (let i = group; i < group + step; i++) {
      const a = values[i]!
      const b = values[i + step]!
      const c = values[i + 2 * step]!
      const d = values[i + 3 * step]!
      values[i] = a + b + (c + d)
      values[i + step] = a - b + (c - d)
      values[i + 2 * step] = a + b - (c + d)
      values[i + 3 * step] = a - b - (c - d)
    }
  }
}

function sumsOfTwo(values: Float32Array, start: number, step: number): void {
  for (let i = start; i < start + step; i++) {
    const a = values[i]!
    const b = values[i + step]!
    values[i] = a + b
    values[i + step] = a - b
  }
}

function scale(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor
}

/** The largest power of two that divides `width`, at most `limit`. */
export function hadamardSize(width: number, limit: number = width): number {
  let size = 1
  while (width % (2 * size) === 0 && 2 * size <= limit) size *= 2
  return size
}
