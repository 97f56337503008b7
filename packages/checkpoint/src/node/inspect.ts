import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Capability } from '@foretoken/core'
import { type Architecture, buildGraph, byteLength, readDescription, weightPlan } from '@foretoken/graph'
import type { Checkpoint } from '../checkpoint.ts'
import { recipeFor } from '../convert/recipe.ts'
import { PREPARED_FILES, type PreparedModel } from '../prepared.ts'
import { createTokenizer } from '../tokenizer/tokenizer.ts'
import { openCheckpoint } from './checkpoint.ts'
import { findPrepared, locate, type OpenModelOptions, readInfo, readTokenizer } from './open-model.ts'

/** What a checkpoint is, as plain data. */
export interface Inspection {
  /** Name under which it was asked for. */
  readonly id: string
  readonly path: string
  readonly format: 'gguf' | 'safetensors' | 'prepared'
  /** The checkpoint's own name. */
  readonly name?: string
  readonly licence?: string
  readonly architecture: Architecture
  /** Number of weights, those that are used twice counted once. */
  readonly parameters: number
  /** Storage type of most weights. */
  readonly quantization: string
  /** Tensors, weights and bytes by storage type. */
  readonly types: Readonly<Record<string, { tensors: number; weights: number; bytes: number }>>
  readonly tensors: readonly {
    readonly name: string
    readonly type: string
    readonly shape: readonly number[]
    readonly byteLength: number
  }[]
  readonly tokenizer: {
    /** `BPE` or `Unigram`. */
    readonly kind: string
    readonly vocabularySize: number
    readonly bos?: string
    readonly stopTokens: readonly string[]
    readonly hasChatTemplate: boolean
  }
  /** What a backend can do with its converted form. */
  readonly capabilities: readonly Capability[]
  /** The converted form in the cache, if there is one. */
  readonly prepared?: { readonly folder: string; readonly quantization: string; readonly byteLength: number }
}

/**
 * Describes a model, a `.gguf` file, a folder with safetensors or a prepared folder. Nothing is pulled or converted.
 * Throws `NOT_FOUND`, `OFFLINE` for a model that is not on this machine, `BAD_CHECKPOINT`, `UNSUPPORTED`.
 */
export async function inspect(idOrPath: string, options: OpenModelOptions = {}): Promise<Inspection> {
  const found = await locate(idOrPath, { ...options, offline: true })
  const folder = await findPrepared(idOrPath, options)
  const info = folder === undefined ? undefined : await readInfo(folder)
  if (found.prepared && info) return inspectPrepared(found.id, found.path, info)
  const checkpoint = await openCheckpoint(found.path)
  try {
    const licence = found.licence ?? checkpoint.licence
    return {
      id: found.id,
      path: found.path,
      format: checkpoint.format,
      ...(checkpoint.name === undefined ? {} : { name: checkpoint.name }),
      ...(licence === undefined ? {} : { licence }),
      ...describeTensors(checkpoint),
      tokenizer: describeTokenizer(checkpoint),
      capabilities: folder ? await capabilitiesOf(folder) : capabilitiesAfter(checkpoint.source.architecture, options),
      ...(folder && info ? { prepared: await preparedForm(folder, info) } : {}),
    }
  } finally {
    await checkpoint.dispose()
  }
}

type TensorFacts = Pick<Inspection, 'architecture' | 'parameters' | 'quantization' | 'types' | 'tensors'>

function describeTensors({ source }: Checkpoint): TensorFacts {
  return summary(
    source.architecture,
    [...source.tensors].map(([name, { type, shape, byteLength }]) => ({ name, type, shape, byteLength })),
  )
}

function summary(architecture: Architecture, tensors: Inspection['tensors']): TensorFacts {
  const types: Record<string, { tensors: number; weights: number; bytes: number }> = {}
  for (const { type, shape, byteLength } of tensors) {
    const sum = types[type] ?? { tensors: 0, weights: 0, bytes: 0 }
    const weights = shape.reduce((product, length) => product * length, 1)
    types[type] = { tensors: sum.tensors + 1, weights: sum.weights + weights, bytes: sum.bytes + byteLength }
  }
  const [most] = Object.entries(types).sort(([, a], [, b]) => b.weights - a.weights)
  const parameters = Object.values(types).reduce((sum, { weights }) => sum + weights, 0)
  return { architecture, parameters, quantization: most?.[0] ?? 'none', types, tensors }
}

function describeTokenizer({ tokenizer, tokens, chatTemplate }: Checkpoint): Inspection['tokenizer'] {
  return shownTokenizer(createTokenizer(tokenizer, tokens, chatTemplate), String(tokenizer.model.type))
}

function shownTokenizer(tokenizer: ReturnType<typeof createTokenizer>, kind: string): Inspection['tokenizer'] {
  const { bos, stopTokens, vocabularySize, hasChatTemplate, tokenName } = tokenizer
  return {
    kind,
    vocabularySize,
    ...(bos === undefined ? {} : { bos: tokenName(bos) ?? String(bos) }),
    stopTokens: Array.from(stopTokens, (id) => tokenName(id) ?? String(id)),
    hasChatTemplate,
  }
}

async function inspectPrepared(id: string, path: string, info: PreparedModel): Promise<Inspection> {
  const tensors = info.tensors.map(({ name, dtype, shape, byteLength }) => ({ name, type: dtype, shape, byteLength }))
  return {
    id,
    path,
    format: 'prepared',
    name: info.id,
    ...(info.licence === undefined ? {} : { licence: info.licence }),
    ...summary(info.architecture, tensors),
    tokenizer: shownTokenizer(await readTokenizer(path, info), 'BPE'),
    capabilities: await capabilitiesOf(path),
    prepared: await preparedForm(path, info),
  }
}

async function preparedForm(folder: string, info: PreparedModel): Promise<NonNullable<Inspection['prepared']>> {
  const { size } = await stat(join(folder, PREPARED_FILES.weights))
  return { folder, quantization: info.quantization, byteLength: size }
}

async function capabilitiesOf(folder: string): Promise<readonly Capability[]> {
  return readDescription(await readFile(join(folder, PREPARED_FILES.graph))).supports
}

/** What conversion would give: read from the graph that it would build. */
function capabilitiesAfter(architecture: Architecture, options: OpenModelOptions): readonly Capability[] {
  const { form, grid, graph } = recipeFor(architecture, options.weights ? { weights: options.weights } : {})
  const table = weightPlan(architecture, form).map((spec) => {
    const location = { file: PREPARED_FILES.weights, offset: 0, byteLength: byteLength(spec) }
    return [spec.name, location] as const
  })
  return readDescription(buildGraph(architecture, { form, grid, ...graph }, new Map(table))).supports
}
