/** float32 value of every float16 bit pattern, [65536]. */
export const HALF: Float32Array = /* @__PURE__ */ halfTable()

function halfTable(): Float32Array {
  const table = new Float32Array(65_536)
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 0x1f
    const fraction = bits & 0x3ff
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24
    else if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  }
  return table
}

/** The float16 at this byte offset, little-endian. */
export function halfAt(bytes: Uint8Array, offset: number): number {
  return HALF[(bytes[offset] as number) | ((bytes[offset + 1] as number) << 8)] as number
}
