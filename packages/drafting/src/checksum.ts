/** FNV-1a over the first `length` bytes, as an unsigned 32-bit number: for what drafters save. */
export function checksum(view: DataView, length: number): number {
  let sum = 0x811c9dc5
  for (let at = 0; at < length; at++) sum = Math.imul(sum ^ view.getUint8(at), 0x01000193)
  return sum >>> 0
}
