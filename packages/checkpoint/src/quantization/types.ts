import {
  type Dequantize,
  dequantizeQ4_0,
  dequantizeQ4_1,
  dequantizeQ5_0,
  dequantizeQ5_1,
  dequantizeQ8_0,
} from './blocks.ts'
import { HALF } from './half.ts'
import { dequantizeQ4_K, dequantizeQ5_K, dequantizeQ6_K } from './super-blocks.ts'

/** How one storage type packs weights: `elements` weights in `bytes` bytes. */
export interface StorageType {
  readonly name: string
  readonly elements: number
  readonly bytes: number
  /** Absent for types that may lie in a file but hold no model weight that Foretoken can read. */
  readonly dequantize?: Dequantize
}

const copyFloat32: Dequantize = (bytes, blocks, out) => {
  new Uint8Array(out.buffer, out.byteOffset, blocks * 4).set(bytes.subarray(0, blocks * 4))
}

const widenHalf: Dequantize = (bytes, blocks, out) => {
  for (let i = 0; i < blocks; i++) {
    out[i] = HALF[(bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8)] as number
  }
}

const widenBrain: Dequantize = (bytes, blocks, out) => {
  const words = new Uint32Array(out.buffer, out.byteOffset, blocks)
  for (let i = 0; i < blocks; i++) {
    words[i] = (((bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8)) << 16) >>> 0
  }
}

/** float32 as stored. */
export const FLOAT32: StorageType = { name: 'F32', elements: 1, bytes: 4, dequantize: copyFloat32 }
/** float16. */
export const FLOAT16: StorageType = { name: 'F16', elements: 1, bytes: 2, dequantize: widenHalf }
/** bfloat16. */
export const BFLOAT16: StorageType = { name: 'BF16', elements: 1, bytes: 2, dequantize: widenBrain }

/** GGUF storage types by their number in the file (`enum ggml_type` of ggml.h). */
export const GGUF_TYPES: ReadonlyMap<number, StorageType> = new Map<number, StorageType>([
  [0, FLOAT32],
  [1, FLOAT16],
  [2, { name: 'Q4_0', elements: 32, bytes: 18, dequantize: dequantizeQ4_0 }],
  [3, { name: 'Q4_1', elements: 32, bytes: 20, dequantize: dequantizeQ4_1 }],
  [6, { name: 'Q5_0', elements: 32, bytes: 22, dequantize: dequantizeQ5_0 }],
  [7, { name: 'Q5_1', elements: 32, bytes: 24, dequantize: dequantizeQ5_1 }],
  [8, { name: 'Q8_0', elements: 32, bytes: 34, dequantize: dequantizeQ8_0 }],
  [10, { name: 'Q2_K', elements: 256, bytes: 84 }],
  [11, { name: 'Q3_K', elements: 256, bytes: 110 }],
  [12, { name: 'Q4_K', elements: 256, bytes: 144, dequantize: dequantizeQ4_K }],
  [13, { name: 'Q5_K', elements: 256, bytes: 176, dequantize: dequantizeQ5_K }],
  [14, { name: 'Q6_K', elements: 256, bytes: 210, dequantize: dequantizeQ6_K }],
  [16, { name: 'IQ2_XXS', elements: 256, bytes: 66 }],
  [17, { name: 'IQ2_XS', elements: 256, bytes: 74 }],
  [18, { name: 'IQ3_XXS', elements: 256, bytes: 98 }],
  [19, { name: 'IQ1_S', elements: 256, bytes: 50 }],
  [20, { name: 'IQ4_NL', elements: 32, bytes: 18 }],
  [21, { name: 'IQ3_S', elements: 256, bytes: 110 }],
  [22, { name: 'IQ2_S', elements: 256, bytes: 82 }],
  [23, { name: 'IQ4_XS', elements: 256, bytes: 136 }],
  [24, { name: 'I8', elements: 1, bytes: 1 }],
  [25, { name: 'I16', elements: 1, bytes: 2 }],
  [26, { name: 'I32', elements: 1, bytes: 4 }],
  [27, { name: 'I64', elements: 1, bytes: 8 }],
  [28, { name: 'F64', elements: 1, bytes: 8 }],
  [29, { name: 'IQ1_M', elements: 256, bytes: 56 }],
  [30, BFLOAT16],
  [34, { name: 'TQ1_0', elements: 256, bytes: 54 }],
  [35, { name: 'TQ2_0', elements: 256, bytes: 66 }],
  [39, { name: 'MXFP4', elements: 32, bytes: 17 }],
  [40, { name: 'NVFP4', elements: 64, bytes: 36 }],
  [41, { name: 'Q1_0', elements: 128, bytes: 18 }],
])
