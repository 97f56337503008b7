const encoder = new TextEncoder()

/** The UTF-8 bytes of a text; of a short one without a call into the runtime, whose cost would be many times that of the bytes. */
export function utf8Bytes(text: string): Uint8Array {
  if (text.length > SHORT) return encoder.encode(text)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encoder.encode(text)
    bytes[i] = code
  }
  return bytes
}

const SHORT = 64
