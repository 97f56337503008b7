import { ForetokenError } from '@foretoken/core'
import { badCheckpoint } from './bad-checkpoint.ts'
import { type ByteSource, type FileSet, readText } from './bytes.ts'
import { type GgufCheckpoint, openGguf } from './gguf/checkpoint.ts'
import type { TokenFacts } from './prepared.ts'
import { openSafetensors } from './safetensors/checkpoint.ts'
import { parseObject } from './safetensors/header.ts'
import type { StoredSource } from './stored-tensor.ts'
import { tokenFactsFromConfigs, tokenFactsFromGguf } from './tokenizer/facts.ts'
import { type TokenizerJson, tokenizerFromGguf } from './tokenizer/from-gguf.ts'

/** Everything a checkpoint holds, in one form for all formats. */
export interface Checkpoint {
  readonly format: 'gguf' | 'safetensors'
  readonly source: StoredSource
  readonly tokens: TokenFacts
  readonly tokenizer: TokenizerJson
  /** Jinja source. */
  readonly chatTemplate?: string
  /** The checkpoint's own words. */
  readonly name?: string
  readonly licence?: string
  dispose(): Promise<void>
}

const JSON_LIMIT = 2 ** 27

/**
 * Opens a GGUF file with its tokenizer; where its own cannot be rebuilt, `beside` may hold a `tokenizer.json`.
 * Throws `BAD_CHECKPOINT`, `UNSUPPORTED`; the file is then closed.
 */
export async function openGgufCheckpoint(file: ByteSource, beside?: FileSet): Promise<Checkpoint> {
  return closingOnError(file, async () => {
    const source = await openGguf(file)
    const { metadata } = source
    const chatTemplate = metadata.text('tokenizer.chat_template')
    const name = metadata.text('general.name')
    const licence = metadata.text('general.license')
    return {
      format: 'gguf',
      source,
      tokens: tokenFactsFromGguf(metadata),
      tokenizer: await tokenizerOf(source, beside),
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
      ...(name === undefined ? {} : { name }),
      ...(licence === undefined ? {} : { licence }),
      dispose: () => source.dispose(),
    }
  })
}

/** Opens a folder as the Hugging Face hub has it. Throws `BAD_CHECKPOINT`, `UNSUPPORTED`. */
export async function openSafetensorsCheckpoint(files: FileSet): Promise<Checkpoint> {
  const source = await openSafetensors(files)
  return closingOnError({ close: () => source.dispose() }, async () => {
    const tokenizer = await jsonOf(files, 'tokenizer.json')
    if (!tokenizer) {
      throw badCheckpoint(`${files.name} has no tokenizer.json.`, {}, 'Add the tokenizer.json of the model.')
    }
    const config = (await jsonOf(files, 'tokenizer_config.json')) ?? {}
    const json = tokenizer as unknown as TokenizerJson
    const template = (await textOf(files, 'chat_template.jinja')) ?? templateOf(config.chat_template)
    return {
      format: 'safetensors',
      source,
      tokens: tokenFactsFromConfigs(
        { ...json, added_tokens: Array.isArray(json.added_tokens) ? json.added_tokens : [] },
        {
          tokenizer: config,
          generation: (await jsonOf(files, 'generation_config.json')) ?? {},
          model: (await jsonOf(files, 'config.json')) ?? {},
        },
      ),
      tokenizer: json,
      ...(template === undefined ? {} : { chatTemplate: template }),
      dispose: () => source.dispose(),
    }
  })
}

async function tokenizerOf(source: GgufCheckpoint, beside: FileSet | undefined): Promise<TokenizerJson> {
  try {
    return tokenizerFromGguf(source.metadata)
  } catch (error) {
    const found =
      ForetokenError.is(error) && error.code === 'UNSUPPORTED' && beside && (await jsonOf(beside, 'tokenizer.json'))
    if (found) return found as unknown as TokenizerJson
    throw error
  }
}

/** One template, or the one called "default" of several. */
function templateOf(stated: unknown): string | undefined {
  if (typeof stated === 'string') return stated
  if (!Array.isArray(stated)) return undefined
  return stated.find((entry) => entry?.name === 'default' && typeof entry.template === 'string')?.template
}

async function textOf(files: FileSet, name: string): Promise<string | undefined> {
  const source = await files.open(name)
  if (!source) return undefined
  try {
    return await readText(source, JSON_LIMIT)
  } finally {
    await source.close()
  }
}

async function jsonOf(files: FileSet, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await textOf(files, name)
  return text === undefined ? undefined : parseObject(text, name)
}

async function closingOnError<T>(file: { close(): Promise<void> }, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    await file.close()
    throw error
  }
}
