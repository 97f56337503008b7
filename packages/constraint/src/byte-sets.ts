/** Sets of bytes as eight words of 32 bits. */
export type ByteSet = Uint32Array

export function byteSet(ranges: readonly (readonly [number, number])[]): ByteSet {
  const set = new Uint32Array(8)
  for (const [low, high] of ranges) for (let byte = low; byte <= high; byte++) set[byte >> 5]! |= 1 << (byte & 31)
  return set
}

export const hasByte = (set: ByteSet, byte: number): boolean => (set[byte >> 5]! & (1 << (byte & 31))) !== 0

export function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((word, i) => word | b[i]!)
}

export function common(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((word, i) => word & b[i]!)
}

/** The only byte of a set, or −1. */
export function onlyByte(set: ByteSet): number {
  let found = -1
  for (let i = 0; i < 8; i++) {
    const word = set[i]!
    if (word === 0) continue
    if (found >= 0 || (word & (word - 1)) !== 0) return -1
    found = i * 32 + 31 - Math.clz32(word)
  }
  return found
}
