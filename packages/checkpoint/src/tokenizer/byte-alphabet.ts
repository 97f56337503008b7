// GPT-2's byte alphabet: every byte as one printable character, so that byte-level vocabularies are plain text.

/** Character of each byte, [256]. */
export const BYTE_CHARACTERS: readonly string[] = /* @__PURE__ */ byteCharacters()

/** Byte of each character of the alphabet, by UTF-16 code unit; 256 for characters outside it. */
export const BYTE_OF_CHARACTER: Uint16Array = /* @__PURE__ */ bytesOfCharacters()

function byteCharacters(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    return String.fromCharCode(printable ? byte : next++)
  })
}

function bytesOfCharacters(): Uint16Array {
  const bytes = new Uint16Array(324).fill(256)
  BYTE_CHARACTERS.forEach((character, byte) => {
    bytes[character.charCodeAt(0)] = byte
  })
  return bytes
}
