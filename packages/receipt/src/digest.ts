import { ForetokenError } from '@foretoken/core'
import type { Json, ReceiptContent } from './content.ts'

/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Browsers offer it to pages from https and localhost only.
  const subtle = globalThis.crypto?.subtle
  if (subtle === undefined) {
    throw new ForetokenError('UNSUPPORTED', 'This runtime has no crypto.subtle; Web Crypto was expected.', {
      fix: 'Serve the page over https, or use Node 20 or newer.',
    })
  }
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Digest of all that a receipt says. Neither the order of keys nor white space in its file matters. */
export async function digestOf(content: ReceiptContent): Promise<string> {
  return sha256(new TextEncoder().encode(canonical(content as unknown as Json)))
}

/** JSON with sorted keys. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value as { readonly [key: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}
