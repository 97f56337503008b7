import { philox } from '@foretoken/core'
import { hadamardBlocks, hadamardSize } from './hadamard.ts'

/** An orthogonal matrix R, [width, width], that is applied without being written out. */
export interface Rotation {
  /** `x·R` for each row of `rows`, [n, width], in place. */
  apply(rows: Float32Array): void
}

/**
 * R = diag(±1) · (C ⊗ H): random signs, a Hadamard matrix H of the largest power of two 2^a that divides the width, and a
 * Hartley matrix C of the rest. Every entry has nearly the same magnitude, so an outlier is spread over all entries of a row
 * (QuaRot, arXiv 2404.00456, section 3). `seed` decides the signs.
 */
export function rotation(width: number, seed: number): Rotation {
  const size = hadamardSize(width)
  const factor = width / size
  const signs = randomSigns(width, seed)
  const mixing = hartley(factor)
  const scratch = new Float32Array(width)
  return {
    apply(rows) {
      for (let start = 0; start < rows.length; start += width) {
        for (let i = 0; i < width; i++) rows[start + i] = rows[start + i]! * signs[i]!
      }
      hadamardBlocks(rows, size)
      if (factor === 1) return
      for (let start = 0; start < rows.length; start += width) {
        mixBlocks(rows.subarray(start, start + width), mixing, factor, scratch)
      }
    },
  }
}

/** `row`, [factor, size], becomes Cᵀ·row. */
function mixBlocks(row: Float32Array, mixing: Float64Array, factor: number, scratch: Float32Array): void {
  const size = row.length / factor
  scratch.set(row)
  row.fill(0)
  for (let to = 0; to < factor; to++) {
    const base = to * size
    for (let from = 0; from < factor; from++) {
      const weight = mixing[from * factor + to]!
      const offset = from * size
      for (let i = 0; i < size; i++) row[base + i] = row[base + i]! + weight * scratch[offset + i]!
    }
  }
}

/** The discrete Hartley matrix (cos + sin)(2πjk / n) / √n: orthogonal, symmetric and free of large entries, [n, n]. */
function hartley(n: number): Float64Array {
  const matrix = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < n; k++) {
      const angle = (2 * Math.PI * ((j * k) % n)) / n
      matrix[j * n + k] = (Math.cos(angle) + Math.sin(angle)) / Math.sqrt(n)
    }
  }
  return matrix
}

function randomSigns(width: number, seed: number): Float32Array {
  const words = new Uint32Array(4)
  const signs = new Float32Array(width)
  for (let i = 0; i < width; i++) {
    if (i % 128 === 0) {
      words.set([i, 0, 0, 0])
      philox(words, seed, 0)
    }
    signs[i] = (words[(i >> 5) & 3]! >>> (i & 31)) & 1 ? -1 : 1
  }
  return signs
}
