// Super-blocks of 256 weights whose sub-block scales are themselves quantized ("K" types of ggml-quants.c). Products
// of scales and quants are formed in double and rounded once, which gives the reference's bits.
import type { Dequantize } from './blocks.ts'
import { halfAt } from './half.ts'

/** Q4_K, 144 bytes: d, dmin, 12 bytes of 6-bit scales and minima, 128 bytes of nibbles; w = d s q − dmin m. */
export const dequantizeQ4_K: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 144, to += 256) {
    const d = halfAt(bytes, from)
    const dmin = halfAt(bytes, from + 2)
    for (let group = 0; group < 8; group++) {
      const scale = d * scaleOf(bytes, from + 4, group)
      const minimum = dmin * minimumOf(bytes, from + 4, group)
      const quants = from + 16 + (group >> 1) * 32
      const shift = (group & 1) * 4
      const start = to + group * 32
      for (let i = 0; i < 32; i++) out[start + i] = scale * (((bytes[quants + i] as number) >> shift) & 15) - minimum
    }
  }
}

/** Q5_K, 176 bytes: as Q4_K with 32 bytes of fifth bits before the nibbles. */
export const dequantizeQ5_K: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 176, to += 256) {
    const d = halfAt(bytes, from)
    const dmin = halfAt(bytes, from + 2)
    for (let group = 0; group < 8; group++) {
      const scale = d * scaleOf(bytes, from + 4, group)
      const minimum = dmin * minimumOf(bytes, from + 4, group)
      const high = from + 16
      const quants = from + 48 + (group >> 1) * 32
      const shift = (group & 1) * 4
      const start = to + group * 32
      for (let i = 0; i < 32; i++) {
        const low = ((bytes[quants + i] as number) >> shift) & 15
        const q = low | ((((bytes[high + i] as number) >> group) & 1) << 4)
        out[start + i] = scale * q - minimum
      }
    }
  }
}

/** Q6_K, 210 bytes: 128 bytes of low nibbles, 64 bytes of high pairs, 16 signed scales, d; w = d s (q − 32). */
export const dequantizeQ6_K: Dequantize = (bytes, blocks, out) => {
  for (let block = 0, from = 0, to = 0; block < blocks; block++, from += 210, to += 256) {
    const d = halfAt(bytes, from + 208)
    for (let group = 0; group < 16; group++) {
      const scale = d * (((bytes[from + 192 + group] as number) << 24) >> 24)
      const half = group >> 3
      const row = (group >> 1) & 3 // which 32 of the half's 128
      const column = (group & 1) * 16
      const low = from + half * 64 + (row & 1) * 32 + column
      const high = from + 128 + half * 32 + column
      const lowShift = (row >> 1) * 4
      const highShift = row * 2
      const start = to + group * 16
      for (let i = 0; i < 16; i++) {
        const nibble = ((bytes[low + i] as number) >> lowShift) & 15
        out[start + i] = scale * ((nibble | ((((bytes[high + i] as number) >> highShift) & 3) << 4)) - 32)
      }
    }
  }
}

/** Sub-block scale of 6 bits out of the 12 packed bytes. */
function scaleOf(bytes: Uint8Array, offset: number, group: number): number {
  if (group < 4) return (bytes[offset + group] as number) & 63
  return ((bytes[offset + group + 4] as number) & 15) | (((bytes[offset + group - 4] as number) >> 2) & 48)
}

/** Sub-block minimum of 6 bits out of the 12 packed bytes. */
function minimumOf(bytes: Uint8Array, offset: number, group: number): number {
  if (group < 4) return (bytes[offset + group + 4] as number) & 63
  return ((bytes[offset + group + 4] as number) >> 4) | (((bytes[offset + group] as number) >> 2) & 48)
}
