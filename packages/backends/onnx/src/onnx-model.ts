import { type Capability, ForetokenError, type StepOutput } from '@foretoken/core'
import { type GraphDescription, layerType } from '@foretoken/graph'
import { type Cache, type CacheArray, cache } from './cache.ts'
import { type CheckedStep, checkPath, checkRewind, checkSkipped, checkStep, type StepLimits } from './checks.ts'
import { attentionMask, type PastWindow, pastMask, pastWindow } from './mask.ts'
import { keepsOrder, type Place, type PlacedModel } from './place.ts'
import type { MakeTensor, OnnxSession, OnnxTensor } from './session.ts'

export interface OnnxModelOptions {
  /** A loaded graph of ours; owned by the model from now on and released with its last fork. */
  readonly session: OnnxSession
  readonly makeTensor: MakeTensor
  /** The graph's own description (`readDescription`). */
  readonly description: GraphDescription
  /** Most rows of one step: longer prompts go in chunks. Default 128, where prefill is fastest. */
  readonly maximumRows?: number
  /** Where the session runs; `rows:exact` is claimed on the processor only. Default: there, on one thread, in this thread. */
  readonly where?: Place
}

export const DEFAULT_MAXIMUM_ROWS = 128

/** What all forks of a model share. */
interface Shared extends Required<OnnxModelOptions> {
  readonly limits: StepLimits
  readonly supports: ReadonlySet<Capability>
  /** Names of the outputs that are handed over, by what is wanted. */
  readonly outputs: Readonly<Record<'logits' | 'argmax', readonly string[]>>
  /** Inputs that take cached rows, with the buffer that holds them. */
  readonly pasts: readonly { readonly name: string; readonly buffer: number; readonly isSliding: boolean }[]
  readonly placeholder: OnnxTensor
  users: number
}

const HERE: Place = { provider: 'cpu', threads: 1, thread: 'caller' }

/**
 * A `Model` over an ONNX Runtime session. The cache lives here, in typed arrays: the graph reads it and returns the fed rows'
 * keys and values, and `commit` appends the chosen ones.
 */
export function onnxModel(options: OnnxModelOptions): PlacedModel {
  const { description, makeTensor, maximumRows = DEFAULT_MAXIMUM_ROWS, where = HERE } = options
  const { architecture } = description
  if (description.input !== 'tokens') {
    throw new ForetokenError('UNSUPPORTED', 'The graph takes embeddings; a Model feeds tokens.', {
      fix: "Build the graph with input: 'tokens'.",
    })
  }
  const rowSize = architecture.kvHeads * architecture.headDim
  const always = ['new', ...description.hiddenStates.map((layer) => `hidden.${layer}`)]
  const shared: Shared = {
    ...options,
    where,
    maximumRows,
    limits: {
      vocabularySize: architecture.vocabularySize,
      contextLength: description.positions,
      maximumRows,
      isTree: description.tree,
    },
    supports: new Set(description.supports.filter((each) => each !== 'rows:exact' || keepsOrder(where))),
    outputs: { logits: ['logits', ...always], argmax: ['argmax', 'highest', ...always] },
    pasts: description.layers.flatMap((layer, index) => {
      const isSliding = layerType(architecture, layer) === 'sliding'
      return [
        { name: `past.${layer}.key`, buffer: 2 * index, isSliding },
        { name: `past.${layer}.value`, buffer: 2 * index + 1, isSliding },
      ]
    }),
    placeholder: makeTensor(
      description.cache,
      description.cache === 'float16' ? new Uint16Array(rowSize) : new Float32Array(rowSize),
      [1, architecture.kvHeads, architecture.headDim],
    ),
    users: 0,
  }
  const buffers = 2 * description.layers.length
  const skip = new Uint8Array(description.supports.includes('layers:skip') ? buffers : 0)
  const rows = cache({ type: description.cache, rowSize, buffers, contextLength: description.positions })
  return state(shared, rows, skip)
}

/** @param skip Which sub-layers the passes leave out; empty for graphs that leave out none. */
function state(shared: Shared, rows: Cache, skip: Uint8Array): PlacedModel {
  const { limits, description } = shared
  let last: { readonly parents: Int32Array; readonly outputs: Readonly<Record<string, OnnxTensor>> } | undefined
  let isDisposed = false
  let running: Promise<unknown> | undefined
  shared.users++

  const use = () => {
    if (isDisposed) throw disposed()
  }
  const dispose = async () => {
    if (isDisposed) return
    isDisposed = true
    // A step under way reads the session and the cache; its own caller hears of its failure.
    await running?.catch(() => undefined)
    last = undefined
    rows.dispose()
    if (--shared.users === 0) await shared.session.release()
  }
  return {
    supports: shared.supports,
    where: shared.where,
    vocabularySize: limits.vocabularySize,
    contextLength: limits.contextLength,
    maximumRows: limits.maximumRows,
    get length() {
      return rows.length
    },
    async step(input) {
      use()
      if (running) throw busy()
      const checked = checkStep(input, rows.length, limits)
      last = undefined
      const wants = input.wants ?? 'logits'
      const pending = run(shared, feeds(shared, rows, checked, skip), shared.outputs[wants])
      running = pending
      try {
        const outputs = await pending
        last = { parents: checked.parents, outputs }
        return stepOutput(description, checked, outputs, wants)
      } finally {
        running = undefined
      }
    },
    commit(path) {
      use()
      checkPath(path, last?.parents)
      const outputs = last?.outputs
      last = undefined
      if (outputs && path.length > 0) rows.append(newRows(outputs), path)
    },
    rewind(length) {
      use()
      checkRewind(length, rows.length)
      last = undefined
      rows.rewind(length)
    },
    fork() {
      use()
      return state(shared, rows.fork(), skip)
    },
    ...(skip.length > 0 && {
      skipping: {
        subLayers: skip.length,
        fork(skipped) {
          use()
          checkSkipped(skipped, skip.length)
          return state(
            shared,
            rows.fork(),
            skipped.map((entry) => (entry === 0 ? 0 : 1)),
          )
        },
      },
    }),
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Inputs of one step, by name. */
function feeds(shared: Shared, rows: Cache, step: CheckedStep, skip: Uint8Array): Record<string, OnnxTensor> {
  const { makeTensor, description } = shared
  const { architecture } = description
  const { length } = rows
  const count = step.tokens.length
  const all = pastWindow(length)
  const near = pastWindow(length, architecture.slidingWindow)
  const mask = (past: PastWindow, window?: number) =>
    makeTensor('float32', attentionMask(step, length, past, window), [count, past.slots + count])
  const named: Record<string, OnnxTensor> = {
    tokens: makeTensor('int32', step.tokens, [count]),
    positions: makeTensor(
      'int64',
      BigInt64Array.from(step.depths, (depth) => BigInt(length + depth)),
      [count],
    ),
    logits_for: makeTensor('int64', BigInt64Array.from(step.logitsFor, BigInt), [step.logitsFor.length]),
  }
  if (skip.length > 0) named.skip = makeTensor('bool', skip, [skip.length])
  if (shared.pasts.some(({ isSliding }) => !isSliding)) {
    if (description.tree) named.mask = mask(all)
    else named.past_mask = makeTensor('float32', pastMask(all), [all.slots])
  }
  if (shared.pasts.some(({ isSliding }) => isSliding)) named.sliding_mask = mask(near, architecture.slidingWindow)
  const dimsOf = ({ slots }: PastWindow) => [slots, architecture.kvHeads, architecture.headDim]
  const [allDims, nearDims] = [dimsOf(all), dimsOf(near)]
  for (const { name, buffer, isSliding } of shared.pasts) {
    const past = isSliding ? near : all
    named[name] =
      past.count === 0
        ? shared.placeholder
        : makeTensor(description.cache, rows.slots(buffer, past.from, past.slots), isSliding ? nearDims : allDims)
  }
  return named
}

/** The fed rows for the cache. Runtimes with a Float16Array hand float16 out as numbers; the cache keeps bits. */
function newRows(outputs: Readonly<Record<string, OnnxTensor>>): CacheArray {
  const data = (outputs.new as OnnxTensor).data as CacheArray
  if (data instanceof Uint16Array || data instanceof Float32Array) return data
  const { buffer, byteOffset, length } = data as Uint16Array
  return new Uint16Array(buffer, byteOffset, length)
}

function stepOutput(
  description: GraphDescription,
  step: CheckedStep,
  outputs: Readonly<Record<string, OnnxTensor>>,
  wants: 'logits' | 'argmax',
): StepOutput {
  const rows = step.tokens.length
  const output =
    wants === 'logits'
      ? { rows, logits: (outputs.logits as OnnxTensor).data as Float32Array }
      : { rows, logits: NO_LOGITS, argmax: mostProbable(outputs) }
  if (description.hiddenStates.length === 0) return output
  const hiddenStates = new Map(
    description.hiddenStates.map((layer) => [layer, (outputs[`hidden.${layer}`] as OnnxTensor).data as Float32Array]),
  )
  return { ...output, hiddenStates }
}

const NO_LOGITS = new Float32Array(0)

function mostProbable(outputs: Readonly<Record<string, OnnxTensor>>): Int32Array {
  const highest = (outputs.highest as OnnxTensor).data as Float32Array
  if (!highest.every(Number.isFinite)) {
    throw new ForetokenError('BACKEND_FAILED', 'The logits hold NaN or Infinity; finite numbers were expected.', {
      fix: 'Check the checkpoint.',
    })
  }
  // The low halves: token ids without a BigInt for each.
  const ids = (outputs.argmax as OnnxTensor).data as BigInt64Array
  const halves = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length)
  return Int32Array.from(highest, (_, i) => halves[2 * i] as number)
}

async function run(
  shared: Shared,
  inputs: Record<string, OnnxTensor>,
  names: readonly string[],
): Promise<Readonly<Record<string, OnnxTensor>>> {
  try {
    return await shared.session.run(inputs, names)
  } catch (cause) {
    throw new ForetokenError(
      'BACKEND_FAILED',
      `ONNX Runtime refused a step: ${cause instanceof Error ? cause.message : cause}.`,
      {
        fix: 'Check that the graph and the runtime belong together.',
        cause,
      },
    )
  }
}

function busy(): ForetokenError {
  return new ForetokenError('BAD_OPTION', 'A step began while another step of the same model was running.', {
    fix: 'Await each step, or fork the model.',
  })
}

function disposed(): ForetokenError {
  return new ForetokenError('DISPOSED', 'The model was used after it was disposed.', { fix: 'Load or fork it again.' })
}
