import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { ForetokenError } from '@foretoken/core'
import { checkSignal, storing } from './storage.ts'

/** Feeds a whole file to a hash. */
export function hashInto(
  hash: Hash,
  path: string,
  options: { readonly signal?: AbortSignal | undefined; readonly onBytes?: (done: number) => void } = {},
): Promise<void> {
  return storing(`Reading ${path}`, async () => {
    let done = 0
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      checkSignal(options.signal, 'Checking a file')
      hash.update(chunk as Uint8Array)
      done += (chunk as Uint8Array).byteLength
      options.onBytes?.(done)
    }
  })
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await hashInto(hash, path, { signal })
  return hash.digest('hex')
}

/** A file whose content is not the pinned one. */
export function wrongChecksum(what: string, found: string, expected: string): ForetokenError {
  return new ForetokenError('BAD_CHECKSUM', `${what} has the SHA-256 ${found}; ${expected} was expected.`, {
    fix: 'It was thrown away; pull again, or from another network.',
    details: { found, expected },
  })
}
