/** Bytes up to which `bytes` holds whole UTF-8 characters, as far as its end can tell. */
export function wholeCharacters(bytes: ArrayLike<number>): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) break
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** Text of bytes; what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: ArrayLike<number>): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
}
