import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { MODELS, PREPARED_FILES } from '@foretoken/checkpoint'
import { type DecodeOptions, ForetokenError, type Generation } from '@foretoken/core'
import { type ProcessorRecord, parseReceipt, type Receipt, receipt } from '@foretoken/receipt'
import type { Loaded } from './load.ts'
import { rebuildWith } from './sampling.ts'
import { unreadable, writeWhole } from './whole-file.ts'

/** Hashes of all that a model was loaded from. */
export async function hashesOf({ prepared }: Loaded): Promise<Record<string, string>> {
  const { folder, info } = prepared
  const hash = (name: keyof typeof PREPARED_FILES): Promise<string> => sha256Of(join(folder, PREPARED_FILES[name]))
  const [graph, weights, tokenizer] = await Promise.all([hash('graph'), hash('weights'), hash('tokenizer')])
  const checkpoint = info.source.map(({ sha256 = 'unknown' }) => sha256).join(' ')
  return { checkpoint, graph, weights, tokenizer }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

/** Runtime and machine, for people. */
async function backend(threads: number | undefined): Promise<Record<string, string | number>> {
  const { env } = await import('onnxruntime-node')
  return {
    runtime: 'onnxruntime-node',
    version: env.versions.node ?? 'unknown',
    node: process.versions.node,
    system: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() || 'unknown',
    ...(threads !== undefined && { threads }),
  }
}

export interface RecordInput {
  readonly loaded: Loaded
  readonly options: DecodeOptions
  readonly generation: Generation
  readonly processors: readonly ProcessorRecord[]
  /** As the model was named to us; a path is not written down. */
  readonly name: string
  readonly threads: number | undefined
}

/** Writes a receipt at once or not at all. */
export async function writeReceipt(file: string, input: RecordInput): Promise<void> {
  const { loaded, options, generation, processors, threads } = input
  const name = MODELS.some(({ id }) => id === input.name) ? input.name : loaded.prepared.info.id
  const model = { name, hashes: await hashesOf(loaded) }
  const rebuild = rebuildWith(loaded.tokenizer)
  const written = await receipt({ options, generation, model, backend: await backend(threads), processors, rebuild })
  await writeWhole(file, `${JSON.stringify(written)}\n`)
}

export async function readReceipt(file: string): Promise<Receipt> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw unreadable(file, cause)
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ForetokenError('BAD_OPTION', `${file} is no JSON; a receipt was expected.`, {
      fix: 'Give a file that `foretoken run --receipt` wrote.',
      cause,
    })
  }
  return parseReceipt(value)
}
