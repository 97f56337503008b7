import { type Capability, ForetokenError, type StepOutput } from '@foretoken/core'
import type { GraphDescription } from '@foretoken/graph'
import { type Bindings, bindStep, narrow, stateBindings } from './bindings.ts'
import { type CheckedStep, checkPath, checkRewind, checkSkipped, checkStep, type StepLimits } from './checks.ts'
import { hostRows, type KeptRows, NEW_ROWS } from './kept-rows.ts'
import { keepsOrder, type Place, type PlacedModel } from './place.ts'
import { type Room, room } from './room.ts'
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
  /** The rows of an empty cache: of graphs that write it in place (`description.inPlace`). Default: typed arrays here. */
  readonly rows?: KeptRows
  /** Whether the runtime writes outputs to arrays that it is given, as onnxruntime-node does: they are then used again. Default false. */
  readonly writesToGiven?: boolean
}

export const DEFAULT_MAXIMUM_ROWS = 128

/** What all forks of a model share. */
interface Shared extends Required<Omit<OnnxModelOptions, 'rows'>> {
  readonly limits: StepLimits
  readonly supports: ReadonlySet<Capability>
  /** Names of the outputs that are handed over, by what is wanted. */
  readonly outputs: Readonly<Record<'logits' | 'argmax', readonly string[]>>
  users: number
}

const HERE: Place = { provider: 'cpu', threads: 1, thread: 'caller' }

/**
 * A `Model` over an ONNX Runtime session. The cache lives here, in typed arrays: the graph reads it and returns the fed rows'
 * keys and values, and `commit` appends the chosen ones. Or it lives in `rows`.
 */
export function onnxModel(options: OnnxModelOptions): PlacedModel {
  const { description, makeTensor, maximumRows = DEFAULT_MAXIMUM_ROWS, where = HERE, writesToGiven = false } = options
  const { architecture } = description
  if (description.input !== 'tokens') {
    throw new ForetokenError('UNSUPPORTED', 'The graph takes embeddings; a Model feeds tokens.', {
      fix: "Build the graph with input: 'tokens'.",
    })
  }
  const { rows = hostRows(description, makeTensor, writesToGiven) } = options
  const always = [...(options.rows ? [] : [NEW_ROWS]), ...description.hiddenStates.map((layer) => `hidden.${layer}`)]
  const shared: Shared = {
    ...options,
    where,
    maximumRows,
    writesToGiven,
    limits: {
      vocabularySize: architecture.vocabularySize,
      contextLength: description.positions,
      maximumRows,
      isTree: description.tree,
    },
    supports: new Set(description.supports.filter((each) => each !== 'rows:exact' || keepsOrder(where))),
    outputs: { logits: ['logits', ...always], argmax: ['argmax', 'highest', ...always] },
    users: 0,
  }
  const skip = new Uint8Array(description.supports.includes('layers:skip') ? 2 * description.layers.length : 0)
  return state(shared, rows, skip)
}

/** @param skip Which sub-layers the passes leave out; empty for graphs that leave out none. */
function state(shared: Shared, rows: KeptRows, skip: Uint8Array): PlacedModel {
  const { limits, description } = shared
  const logitsRoom = shared.writesToGiven ? room() : undefined
  let bindings = stateBindings(shared, skip)
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
    bindings = stateBindings(shared, skip)
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
      const { feeds, [wants]: fetches } = bindings
      rows.bind(checked, feeds, fetches)
      bindStep(shared.makeTensor, rows.length, checked, feeds)
      if (wants === 'logits' && logitsRoom) fetches.logits = logitsTensor(shared, logitsRoom, checked.logitsFor.length)
      const pending = run(shared, feeds, fetches)
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
      if (outputs && path.length > 0) rows.append(outputs, path)
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
    ...(logitsRoom && { reuse: logitsRoom.give }),
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Where so many rows of logits go; null for none. */
function logitsTensor({ limits, makeTensor }: Shared, { take }: Room, rows: number): OnnxTensor | null {
  if (rows === 0) return null
  const size = rows * limits.vocabularySize
  return makeTensor('float32', new Float32Array(take(4 * size), 0, size), [rows, limits.vocabularySize])
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
  return narrow((outputs.argmax as OnnxTensor).data as BigInt64Array)
}

async function run(
  { session, writesToGiven }: Shared,
  feeds: Bindings,
  fetches: Bindings<OnnxTensor | null>,
): Promise<Readonly<Record<string, OnnxTensor>>> {
  try {
    const made = await session.run(feeds, fetches)
    if (!writesToGiven) return made
    // onnxruntime-node hands over copies of what it wrote to given arrays.
    const outputs: Bindings = {}
    for (const name in fetches) outputs[name] = (fetches[name] ?? made[name]) as OnnxTensor
    return outputs
  } catch (cause) {
    if (ForetokenError.is(cause)) throw cause
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
