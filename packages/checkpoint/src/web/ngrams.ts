import { MODELS } from '../manifest.ts'
import type { PreparedModel } from '../prepared.ts'
import { type DownloadOptions, download } from './download.ts'

/**
 * What a model mostly says, for `loadNgramTable` of `@foretoken/drafter-ngram`. A model is known by the hash of the checkpoint that it
 * was converted from, whatever its address or file was called.
 * @param info Of a loaded model.
 * @param files `ngramFile` of the data packages at hand, by the packages' names: `{ '@foretoken/model-smollm2-ngrams': ngramFile }`.
 * @returns The table's bytes; nothing for a model without one among `files`, which are then not touched.
 * Throws `NOT_FOUND`, `DOWNLOAD_FAILED`, `ABORTED`.
 */
export async function ngramsOf(
  { source }: Pick<PreparedModel, 'source'>,
  files: Readonly<Record<string, URL>>,
  options: DownloadOptions = {},
): Promise<Uint8Array | undefined> {
  const hash = source[0]?.sha256
  const name = hash && MODELS.find(({ sha256 }) => sha256 === hash)?.ngrams
  const file = name ? files[name] : undefined
  return file && new Uint8Array(await (await download(file, options)).arrayBuffer())
}
