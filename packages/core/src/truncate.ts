/**
 * Partial selection for samplers that cut a distribution's tail. No full sort and no allocation of vocabulary
 * size: scratch comes from the caller. Every cut keeps all entries that tie with it, so results do not depend on the order of the vocabulary.
 */

/** Masks what is below `cut` in place: sets −Infinity where `keys[i] < cut`. `keys`, [n], defaults to `logits`, [n]. */
export function maskBelow(logits: Float32Array, cut: number, keys: Float32Array = logits): void {
  for (let i = 0; i < logits.length; i++) if (keys[i]! < cut) logits[i] = -Infinity
}

/** Entries of the scratch that `massCut` needs. */
export const MASS_CUT_SCRATCH = 2048

/**
 * The key at which weights, taken in order of descending keys, first add up to `goal`: keeping `keys[i] >= cut` keeps the
 * smallest such set (and its ties). Radix selection on the bits of the keys, three passes.
 * @param keys Any floats but NaN, [n].
 * @param weights Non-negative, [n].
 * @param scratch At least [MASS_CUT_SCRATCH].
 * @returns −Infinity when all weights together stay below `goal`.
 */
export function massCut(
  keys: Float32Array,
  weights: Float32Array | Float64Array,
  goal: number,
  scratch: Float64Array,
): number {
  const bits = new Int32Array(keys.buffer, keys.byteOffset, keys.length)
  let above = 0
  let prefix = 0
  for (const [shift, width] of RADIX) {
    const mask = (1 << width) - 1
    const known = shift + width
    scratch.fill(0, 0, mask + 1)
    for (let i = 0; i < bits.length; i++) {
      const key = ordered(bits[i]!)
      if (known === 32 || key >>> known === prefix) scratch[(key >>> shift) & mask]! += weights[i]!
    }
    let found = -1
    for (let bucket = mask; bucket >= 0; bucket--) {
      if (scratch[bucket] === 0) continue
      if (found >= 0) above += scratch[found]!
      found = bucket
      if (above + scratch[bucket]! >= goal) break
    }
    // A later pass may miss the goal by rounding alone; its lowest bucket is then the cut.
    if (known === 32 && (found < 0 || above + scratch[found]! < goal)) return -Infinity
    prefix = ((prefix << width) | found) >>> 0
  }
  return floatOf(prefix)
}

/** Shift and width of each pass, most significant bits first. */
const RADIX = [
  [21, 11],
  [10, 11],
  [0, 10],
] as const

/** Maps float bits to unsigned integers in the floats' order. */
function ordered(bits: number): number {
  return (bits < 0 ? ~bits : bits | 0x80000000) >>> 0
}

function floatOf(key: number): number {
  const word = new Int32Array([key & 0x80000000 ? key & 0x7fffffff : ~key])
  return new Float32Array(word.buffer)[0]!
}

/**
 * Indices of the `n` largest values in descending order, lower ids first on ties; for small `n`.
 * @param out At least [n]; unfilled places (fewer than `n` values above −Infinity) stay −1.
 */
export function largest(values: Float32Array | Float64Array, n: number, out: Int32Array): void {
  out.fill(-1, 0, n)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    let at = n
    while (at > 0 && (out[at - 1]! < 0 || values[out[at - 1]!]! < value)) at--
    if (at === n || value === -Infinity) continue
    for (let k = n - 1; k > at; k--) out[k] = out[k - 1]!
    out[at] = i
  }
}
