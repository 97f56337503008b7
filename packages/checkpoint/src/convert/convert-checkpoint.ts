import type { Checkpoint } from '../checkpoint.ts'
import { type ModelFacts, PREPARED_FILES, type PreparedModel } from '../prepared.ts'
import { createTokenizer } from '../tokenizer/tokenizer.ts'
import { type PrepareOptions, prepare } from './prepare.ts'
import { type PreparedStore, writeFile } from './store.ts'

export interface ConvertOptions extends PrepareOptions {
  /** Name under which the model is opened. */
  readonly id: string
  readonly source: ModelFacts['source']
  /** Default: the checkpoint's own words. */
  readonly licence?: string
}

/**
 * Fills a folder with the prepared form of a checkpoint, `model.json` last. A tokenizer that cannot be used is refused before
 * anything is written. Throws what `prepare` throws.
 */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  store: PreparedStore,
  { id, source, licence = checkpoint.licence, ...options }: ConvertOptions,
): Promise<PreparedModel> {
  const { tokens, chatTemplate, tokenizer } = checkpoint
  createTokenizer(tokenizer, tokens, chatTemplate)
  const json = new TextEncoder().encode(JSON.stringify(tokenizer))
  await writeFile(store, PREPARED_FILES.tokenizer, (sink) => sink.append(json))
  const facts: ModelFacts = {
    id,
    source,
    tokens,
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    ...(licence === undefined ? {} : { licence }),
  }
  return prepare(checkpoint.source, store, facts, options)
}
