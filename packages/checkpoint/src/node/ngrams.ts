import { readFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'
import { MODELS } from '../manifest.ts'

/**
 * What a model mostly says, for `loadNgramTable` of `@foretoken/drafter-ngram`.
 * @param model Name of a model.
 * @returns The table's bytes; nothing for a model without one, or where the package that has it is not installed.
 * @throws NOT_FOUND when that package is there but does not load.
 */
export async function ngramsOf(model: string): Promise<Uint8Array | undefined> {
  const name = MODELS.find(({ id }) => id === model)?.ngrams
  if (name === undefined) return undefined
  try {
    const { ngramFile }: { readonly ngramFile: URL } = await import(/* @vite-ignore */ name)
    return await readFile(ngramFile)
  } catch (cause) {
    if (isAbsent(cause, name)) return undefined
    const message = `${name} is installed, but its table of n-grams does not load: ${(cause as Error).message}.`
    throw new ForetokenError('NOT_FOUND', message, { fix: 'Install it again, or remove it.', details: { name }, cause })
  }
}

/** True when the package itself is what was not found, rather than something that it needs. */
function isAbsent(cause: unknown, name: string): boolean {
  const { code, message } = cause as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)
}
