/**
 * Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). A number is a pure function of its key, so it does not matter who asked before or how often.
 */

/** What a uniform is for. Streams are independent of each other. */
export const STREAMS = { sample: 0, accept: 1, correct: 2, draft: 3 } as const

export type Stream = (typeof STREAMS)[keyof typeof STREAMS]

/** High 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const cross = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0
}

/**
 * Ten rounds of Philox4x32. `out`, [4], holds the counter on entry and the random words on return.
 * @param key0 @param key1 The two key words.
 */
export function philox(out: Uint32Array, key0: number, key1: number): void {
  let [a, b, c, d] = [out[0]!, out[1]!, out[2]!, out[3]!]
  let [k0, k1] = [key0 >>> 0, key1 >>> 0]
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, a)
    const low0 = Math.imul(0xd2511f53, a)
    const high1 = multiplyHigh(0xcd9e8d57, c)
    const low1 = Math.imul(0xcd9e8d57, c)
    a = (high1 ^ b ^ k0) >>> 0
    b = low1 >>> 0
    c = (high0 ^ d ^ k1) >>> 0
    d = low0 >>> 0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  out[0] = a
  out[1] = b
  out[2] = c
  out[3] = d
}

/** Uniform numbers of one seed. */
export interface Rng {
  /**
   * A number in [0, 1) with 53 random bits.
   * @param position Absolute position in the context, [0, 2^32).
   * @param index Distinguishes draws at one position, [0, 2^32).
   * @param round Position at which the round began; 0 where a draw must not depend on rounds.
   */
  uniform(stream: Stream, position: number, index?: number, round?: number): number
}

/** @param seed An integer in [0, 2^53). */
export function rng(seed: number): Rng {
  const words = new Uint32Array(4)
  const low = seed >>> 0
  const high = Math.floor(seed / 0x100000000)
  return {
    uniform(stream, position, index = 0, round = 0) {
      words[0] = position
      words[1] = index
      words[2] = stream
      words[3] = round
      philox(words, low, high)
      return ((words[0]! >>> 5) * 0x4000000 + (words[1]! >>> 6)) / 0x20000000000000
    },
  }
}
