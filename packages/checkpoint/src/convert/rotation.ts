import { philox } from '@foretoken/core'
import { hadamardSize, hadamardSums } from './hadamard.ts'

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
  // The transform's factor is applied with the signs.
  const signs = randomSigns(width, seed).map((sign) => sign * size ** -0.5)
  const mixing = hartley(factor)
  const scratch = new Float32Array(width + 3 * size)
  return {
    apply(rows) {
      for (let start = 0; start < rows.length; start += width) {
        for (let i = 0; i < width; i++) rows[start + i] = rows[start + i]! * signs[i]!
      }
      hadamardSums(rows, size)
      if (factor === 1) return
      for (let start = 0; start < rows.length; start += width) {
        mixBlocks(rows.subarray(start, start + width), mixing, factor, scratch)
      }
    },
  }
}

/** `row`, [factor, size], becomes Cᵀ·row. Four blocks are added at a time; past the last, their weights are 0. */
function mixBlocks(row: Float32Array, mixing: Float64Array, factor: number, scratch: Float32Array): void {
  const size = row.length / factor
  scratch.set(row)
  row.fill(0)
  for (let to = 0; to < factor; to++) {
    const base = to * size
    for (let from = 0; from < factor; from += 4) {
      const start = from * size
      const w0 = mixing[from * factor + to]!
      const w1 = mixing[(from + 1) * factor + to] ?? 0
      const w2 = mixing[(from + 2) * factor + to] ?? 0
      const w3 = mixing[(from + 3) * factor + to] ?? 0
      for (let i = 0; i < size; i++) {
        const at = start + i
        const sum =
          w0 * scratch[at]! + w1 * scratch[at + size]! + w2 * scratch[at + 2 * size]! + w3 * scratch[at + 3 * size]!
        row[base + i] = row[base + i]! + sum
      }
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
