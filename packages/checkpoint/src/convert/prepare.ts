import { ForetokenError } from '@foretoken/core'
import {
  buildGraph,
  byteLength,
  checkArchitecture,
  type TensorSource,
  type WeightLocation,
  type WeightSpec,
  weightPlan,
} from '@foretoken/graph'
import {
  type ModelFacts,
  PREPARED_FILES,
  PREPARED_VERSION,
  type PreparedModel,
  type PreparedTensor,
} from '../prepared.ts'
import { conversion } from './conversion.ts'
import type { Part } from './matrix.ts'
import { type Recipe, recipeFor } from './recipe.ts'
import { type FileSink, type PreparedStore, writeFile } from './store.ts'
import { preparedParts } from './tensors.ts'

export interface PrepareOptions {
  /** `int8` computes in integers, exactly; `float32` keeps the checkpoint's weights. Default `int8`. */
  readonly weights?: 'int8' | 'float32'
  /** Decides the signs of the rotation. An integer in [0, 2^32). Default 0. */
  readonly seed?: number
  /** Overrides the recipe that the architecture and the options above lead to. */
  readonly recipe?: Recipe
  /** Called after each part with bytes written and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Offsets are multiples of a page, so that weights can be mapped into memory. */
const ALIGNMENT = 4096

/**
 * Converts a checkpoint into a prepared model: `weights.bin`, `graph.onnx` and `model.json` in `store`. The same checkpoint
 * and options give the same bytes. Memory in use stays near that of the largest tensor.
 * Throws `BAD_CHECKPOINT`, `UNSUPPORTED`, `ABORTED`, and whatever the store throws.
 */
export async function prepare(
  source: TensorSource,
  store: PreparedStore,
  facts: ModelFacts,
  options: PrepareOptions = {},
): Promise<PreparedModel> {
  const { architecture } = source
  checkArchitecture(architecture)
  checkOptions(options)
  const recipe = options.recipe ?? recipeFor(architecture, options)
  const tensors = place(weightPlan(architecture, recipe.form))
  const context = conversion(source, recipe)
  await writeFile(store, PREPARED_FILES.weights, (sink) => writeWeights(sink, tensors, preparedParts(context), options))
  const table = new Map<string, WeightLocation>(
    tensors.map(({ name, offset, byteLength }) => [name, { file: PREPARED_FILES.weights, offset, byteLength }]),
  )
  const graph = buildGraph(architecture, { form: recipe.form, grid: recipe.grid, ...recipe.graph }, table)
  await writeFile(store, PREPARED_FILES.graph, (sink) => sink.append(graph))
  const info: PreparedModel = {
    formatVersion: PREPARED_VERSION,
    ...facts,
    architecture,
    quantization: recipe.quantization,
    form: recipe.form,
    grid: recipe.grid,
    valueSteps: context.valueSteps,
    tensors,
  }
  const json = new TextEncoder().encode(`${JSON.stringify(info, undefined, 2)}\n`)
  await writeFile(store, PREPARED_FILES.info, (sink) => sink.append(json))
  return info
}

function place(plan: readonly WeightSpec[]): PreparedTensor[] {
  let offset = 0
  return plan.map((spec) => {
    const tensor = { ...spec, offset, byteLength: byteLength(spec) }
    offset = Math.ceil((offset + tensor.byteLength) / ALIGNMENT) * ALIGNMENT
    return tensor
  })
}

async function writeWeights(
  sink: FileSink,
  tensors: readonly PreparedTensor[],
  parts: AsyncIterable<Part>,
  { onProgress, signal }: PrepareOptions,
): Promise<void> {
  const last = tensors.at(-1)
  const total = last ? last.offset + last.byteLength : 0
  let index = 0
  let done = 0
  for await (const { name, bytes } of parts) {
    if (signal?.aborted) throw aborted(signal)
    const current = tensors[index]
    if (current && done === current.offset + current.byteLength) index++
    const tensor = tensors[index]
    if (!tensor || tensor.name !== name || done + bytes.byteLength > tensor.offset + tensor.byteLength)
      throw misplaced(name)
    if (done < tensor.offset) await sink.append(new Uint8Array(tensor.offset - done))
    done = Math.max(done, tensor.offset)
    await sink.append(bytes)
    done += bytes.byteLength
    onProgress?.(done, total)
  }
  if (done !== total) throw misplaced(tensors[index]?.name ?? 'nothing')
}

function misplaced(name: string): ForetokenError {
  return new ForetokenError(
    'BAD_CHECKPOINT',
    `The tensor ${name} does not have the size that the architecture asks for.`,
    {
      fix: 'Use a checkpoint whose configuration fits its tensors.',
      details: { tensor: name },
    },
  )
}

function aborted(signal: AbortSignal): ForetokenError {
  return new ForetokenError('ABORTED', 'The conversion was stopped before it was whole.', {
    fix: 'Convert again when you want the model.',
    cause: signal.reason,
  })
}

const KNOWN = ['weights', 'seed', 'recipe', 'onProgress', 'signal']

function checkOptions(options: PrepareOptions): void {
  const { weights = 'int8', seed = 0 } = options
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw badOption(`prepare has no option ${unknown}.`, `Choose from ${KNOWN.join(', ')}.`)
  if (weights !== 'int8' && weights !== 'float32') {
    throw badOption(`weights is ${JSON.stringify(weights)}; expected int8 or float32.`, 'Change weights.')
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw badOption(`seed is ${seed}; expected an integer from 0 to 2^32 - 1.`, 'Change seed.')
  }
}

function badOption(message: string, fix: string): ForetokenError {
  return new ForetokenError('BAD_OPTION', message, { fix })
}
