// Blocks of 32 weights with one scale (and a minimum), as ggml-quants.c lays them out. Every product below is exact in
// float32 (11-bit scale times a small integer) and a sum of two float32 rounds once on the store into `out`, so the
// bits equal those of the reference.
import { halfAt } from './half.ts'

/** Fills `out` with `blocks` dequantized blocks that begin at `bytes[0]`. */
export type Dequantize = (bytes: Uint8Array, blocks: number, out: Float32Array) => void

/** Q4_0, 18 bytes: d, 16 bytes of nibbles; w = d (q − 8). */
export const dequantizeQ4_0: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 18, to += 32) {
    const d = halfAt(bytes, from)
    for (let i = 0; i < 16; i++) {
      const q = bytes[from + 2 + i] as number
      out[to + i] = d * ((q & 15) - 8)
      out[to + 16 + i] = d * ((q >> 4) - 8)
    }
  }
}

/** Q4_1, 20 bytes: d, m, 16 bytes of nibbles; w = d q + m. */
export const dequantizeQ4_1: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 20, to += 32) {
    const d = halfAt(bytes, from)
    const m = halfAt(bytes, from + 2)
    for (let i = 0; i < 16; i++) {
      const q = bytes[from + 4 + i] as number
      out[to + i] = d * (q & 15) + m
      out[to + 16 + i] = d * (q >> 4) + m
    }
  }
}

/** Q5_0, 22 bytes: d, 32 high bits, 16 bytes of nibbles; w = d (q − 16). */
export const dequantizeQ5_0: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 22, to += 32) {
    const d = halfAt(bytes, from)
    const high = wordAt(bytes, from + 2)
    for (let i = 0; i < 16; i++) {
      const q = bytes[from + 6 + i] as number
      out[to + i] = d * (((q & 15) | (((high >>> i) & 1) << 4)) - 16)
      out[to + 16 + i] = d * (((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16)
    }
  }
}

/** Q5_1, 24 bytes: d, m, 32 high bits, 16 bytes of nibbles; w = d q + m. */
export const dequantizeQ5_1: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 24, to += 32) {
    const d = halfAt(bytes, from)
    const m = halfAt(bytes, from + 2)
    const high = wordAt(bytes, from + 4)
    for (let i = 0; i < 16; i++) {
      const q = bytes[from + 8 + i] as number
      out[to + i] = d * ((q & 15) | (((high >>> i) & 1) << 4)) + m
      out[to + 16 + i] = d * ((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m
    }
  }
}

/** Q8_0, 34 bytes: d, 32 signed bytes; w = d q. */
export const dequantizeQ8_0: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 34, to += 32) {
    const d = halfAt(bytes, from)
    for (let i = 0; i < 32; i++) out[to + i] = d * (((bytes[from + 2 + i] as number) << 24) >> 24)
  }
}

function wordAt(bytes: Uint8Array, offset: number): number {
  const low = (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8)
  return low | ((bytes[offset + 2] as number) << 16) | ((bytes[offset + 3] as number) << 24)
}
