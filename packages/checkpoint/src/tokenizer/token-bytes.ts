import { BYTE_OF_CHARACTER } from './byte-alphabet.ts'
import type { TokenizerJson } from './from-gguf.ts'
import type { Component } from './pre-tokenizers.ts'

/** How a vocabulary's strings stand for bytes. */
export type Spelling = 'byte-level' | 'byte-fallback'

/** Reads from a tokenizer's decoder how its tokens stand for bytes; `undefined` when they do not. */
export function spellingOf(json: TokenizerJson): Spelling | undefined {
  const kinds = new Set<string>()
  collectTypes(json.decoder, kinds)
  collectTypes(json.pre_tokenizer, kinds)
  if (kinds.has('ByteLevel')) return 'byte-level'
  return kinds.has('ByteFallback') || kinds.has('Metaspace') ? 'byte-fallback' : undefined
}

function collectTypes(component: Component | null, into: Set<string>): void {
  if (!component) return
  into.add(component.type)
  for (const parts of [component.decoders, component.pretokenizers]) {
    if (Array.isArray(parts)) for (const part of parts as Component[]) collectTypes(part, into)
  }
}

const utf8 = new TextEncoder()

/** Bytes that a vocabulary string stands for. */
export function bytesOfToken(token: string, spelling: Spelling): Uint8Array {
  if (spelling === 'byte-level') return bytesOfCharacters(token)
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)
  return byte ? Uint8Array.of(Number.parseInt(byte[1] as string, 16)) : utf8.encode(token.replaceAll('▁', ' '))
}

function bytesOfCharacters(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF_CHARACTER[token.charCodeAt(i)] ?? 256
    // A string with characters outside the alphabet is text as it stands.
    if (byte === 256) return utf8.encode(token)
    bytes[i] = byte
  }
  return bytes
}
