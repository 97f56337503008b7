import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Tokenizer } from '@foretoken/checkpoint'
import { defaultCacheFolder, openModel, type PreparedHandle, pullFile } from '@foretoken/checkpoint/node'
import { ForetokenError, type Model } from '@foretoken/core'
import { RUNNING_TEXT } from './places.ts'
import { say } from './report.ts'

/** Which model, and where models are kept. */
export interface ModelChoice {
  /** Name, or path of a GGUF file. */
  readonly model: string
  readonly cache?: string | undefined
  readonly offline?: boolean | undefined
}

const optionsOf = ({ cache, offline }: ModelChoice) => ({
  ...(cache !== undefined && { cacheFolder: resolve(cache) }),
  ...(offline !== undefined && { offline }),
})

/** Pulls and converts a model unless that was done. */
export async function prepared(
  choice: ModelChoice,
  form: { readonly weights?: 'int8' | 'float32'; readonly skippable?: boolean } = {},
): Promise<PreparedHandle> {
  let shown = ''
  const onProgress = ({ phase, what }: { readonly phase: string; readonly what: string }): void => {
    const step = `${phase} ${what}`
    if (step !== shown) say(`${step} …`)
    shown = step
  }
  return openModel(choice.model, { ...optionsOf(choice), ...form, onProgress })
}

/** Path of the checkpoint as GGUF, for engines that read that. */
export async function ggufPath(choice: ModelChoice): Promise<string> {
  if (/\.gguf$/i.test(choice.model)) return resolve(choice.model)
  return (await pullFile(choice.model, optionsOf(choice))).path
}

/** Folder in which an export for transformers.js is expected, unless one is named. */
export function exportFolder(choice: ModelChoice): string {
  return join(resolve(choice.cache ?? defaultCacheFolder()), 'bench', `${basename(choice.model, '.gguf')}-onnx`)
}

/** Tokens of a text, [count]; a text that is too short begins again. */
export async function textTokens(
  tokenizer: Tokenizer,
  count: number,
  file: string = RUNNING_TEXT,
): Promise<Int32Array> {
  const text = await readText(file)
  const once = tokenizer.encode(text, { begin: true, special: false })
  if (once.length === 0) {
    throw new ForetokenError('BAD_OPTION', `${file} holds no text; running text was expected.`, {
      fix: 'Name a text file with --data.',
    })
  }
  return Int32Array.from({ length: count }, (_, i) => once[i % once.length]!)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ForetokenError('NOT_FOUND', `${file} could not be read; a text file was expected.`, {
      fix: 'Check the path given to --data.',
      cause,
    })
  }
}

/** Feeds tokens to the end of a model's cache. */
export async function feed(model: Model, tokens: Int32Array): Promise<void> {
  const none = new Int32Array(0)
  for (let from = 0; from < tokens.length; from += model.maximumRows) {
    const rows = tokens.subarray(from, from + model.maximumRows)
    await model.step({ tokens: rows, logitsFor: none })
    model.commit(Int32Array.from(rows.keys()))
  }
}
