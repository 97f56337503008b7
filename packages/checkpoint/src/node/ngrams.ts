import { readFile } from 'node:fs/promises'
import { MODELS } from '../manifest.ts'

/**
 * What a model mostly says, for `loadNgramTable` of `@foretoken/drafter-ngram`.
 * @param model Name of a model.
 * @returns The table's bytes; nothing for a model without one, or where the package that has it is not installed.
 */
export async function ngramsOf(model: string): Promise<Uint8Array | undefined> {
  const name = MODELS.find(({ id }) => id === model)?.ngrams
  if (name === undefined) return undefined
  const exported: { readonly ngramFile?: URL } = await import(/* @vite-ignore */ name).catch(() => ({}))
  return exported.ngramFile && readFile(exported.ngramFile)
}
