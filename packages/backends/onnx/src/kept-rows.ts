import { type GraphDescription, layerType } from '@foretoken/graph'
import { type Cache, type CacheArray, cache } from './cache.ts'
import type { CheckedStep } from './checks.ts'
import { attentionMask, type PastWindow, pastMask, pastWindow } from './mask.ts'
import { type Room, room } from './room.ts'
import type { Feeds, MakeTensor, OnnxTensor } from './session.ts'

/** What a pass reads and gives for the cache, besides what every pass does. */
export interface RowBindings {
  readonly feeds: Feeds
  /** Outputs whose place is given. */
  readonly fetches?: Feeds
}

/** The committed rows of one state of a model, wherever they lie; its sole owner. */
export interface KeptRows {
  readonly length: number
  /** What a pass over the rows of `step` binds; forgets the pass before it. */
  bind(step: CheckedStep): RowBindings
  /** Appends `path`, rows of the last pass from its root on, ascending. `outputs` are those of that pass. */
  append(outputs: Readonly<Record<string, OnnxTensor>>, path: Int32Array): void
  rewind(length: number): void
  fork(): KeptRows
  dispose(): void
}

/** The output with the fed rows, where they are kept here. */
export const NEW_ROWS = 'new'

/** Rows in typed arrays: the graph reads views of them and returns the fed rows, in an array that it is given where it writes to such. */
export function hostRows(description: GraphDescription, makeTensor: MakeTensor, writesToGiven: boolean): KeptRows {
  const { architecture, cache: type, layers, positions } = description
  const rowSize = architecture.kvHeads * architecture.headDim
  const pasts = layers.flatMap((layer, index) => {
    const isSliding = layerType(architecture, layer) === 'sliding'
    return [
      { name: `past.${layer}.key`, buffer: 2 * index, isSliding },
      { name: `past.${layer}.value`, buffer: 2 * index + 1, isSliding },
    ]
  })
  const empty = type === 'float16' ? new Uint16Array(rowSize) : new Float32Array(rowSize)
  const placeholder = makeTensor(type, empty, [1, architecture.kvHeads, architecture.headDim])
  const rows = cache({ type, rowSize, buffers: pasts.length, contextLength: positions })
  return state({ description, makeTensor, pasts, placeholder, writesToGiven }, rows)
}

/** What all forks share. */
interface Shared {
  readonly description: GraphDescription
  readonly makeTensor: MakeTensor
  /** Inputs that take cached rows, with the buffer that holds them. */
  readonly pasts: readonly { readonly name: string; readonly buffer: number; readonly isSliding: boolean }[]
  readonly placeholder: OnnxTensor
  readonly writesToGiven: boolean
}

function state(shared: Shared, rows: Cache): KeptRows {
  const fresh = shared.writesToGiven ? room() : undefined
  const read: Read = {}
  return {
    get length() {
      return rows.length
    },
    bind: (step) => ({
      feeds: feeds(shared, rows, step, read),
      ...(fresh && { fetches: { [NEW_ROWS]: freshTensor(shared, fresh, step.tokens.length) } }),
    }),
    append: (outputs, path) => rows.append(newRows(outputs), path),
    rewind: rows.rewind,
    fork: () => state(shared, rows.fork()),
    dispose() {
      rows.dispose()
      delete read.all
      delete read.near
    },
  }
}

/** Where the fed rows go. */
function freshTensor({ description, makeTensor, pasts }: Shared, { take }: Room, fed: number): OnnxTensor {
  const { architecture, cache: type } = description
  const rows = pasts.length * fed
  const size = rows * architecture.kvHeads * architecture.headDim
  const data = type === 'float16' ? new Uint16Array(take(2 * size), 0, size) : new Float32Array(take(4 * size), 0, size)
  return makeTensor(type, data, [rows, architecture.kvHeads, architecture.headDim])
}

/** Tensors of the past as they were made last: most passes read the same slots as the one before. */
interface PastTensors {
  readonly memory: object
  readonly window: PastWindow
  readonly named: Feeds
}

type Read = { [kind in 'all' | 'near']?: PastTensors }

function feeds(shared: Shared, rows: Cache, step: CheckedStep, read: Read): Feeds {
  const { makeTensor, description, pasts } = shared
  const { architecture, tree } = description
  const { length } = rows
  const count = step.tokens.length
  const all = pastWindow(length)
  const near = pastWindow(length, architecture.slidingWindow)
  const mask = (past: PastWindow, window?: number) =>
    makeTensor('float32', attentionMask(step, length, past, window), [count, past.slots + count])
  const named: Record<string, OnnxTensor> = {}
  if (pasts.some(({ isSliding }) => !isSliding)) {
    if (tree) named.mask = mask(all)
    else named.past_mask = makeTensor('float32', pastMask(all), [all.slots])
    read.all = pastTensors(shared, rows, all, false, read.all)
  }
  if (pasts.some(({ isSliding }) => isSliding)) {
    named.sliding_mask = mask(near, architecture.slidingWindow)
    read.near = pastTensors(shared, rows, near, true, read.near)
  }
  return { ...named, ...read.all?.named, ...read.near?.named }
}

function pastTensors(
  { makeTensor, description, pasts, placeholder }: Shared,
  rows: Cache,
  window: PastWindow,
  isSliding: boolean,
  last: PastTensors | undefined,
): PastTensors {
  const { memory } = rows
  const { from, slots, count } = window
  if (last?.memory === memory && last.window.from === from && last.window.slots === slots) return last
  const { architecture, cache: type } = description
  const dims = [slots, architecture.kvHeads, architecture.headDim]
  const tensorOf = (buffer: number): OnnxTensor =>
    count === 0 ? placeholder : makeTensor(type, rows.slots(buffer, from, slots), dims)
  const wanted = pasts.filter((past) => past.isSliding === isSliding)
  return { memory, window, named: Object.fromEntries(wanted.map(({ name, buffer }) => [name, tensorOf(buffer)])) }
}

/** The fed rows for the cache. Runtimes with a Float16Array hand float16 out as numbers; the cache keeps bits. */
function newRows(outputs: Readonly<Record<string, OnnxTensor>>): CacheArray {
  const data = (outputs[NEW_ROWS] as OnnxTensor).data as CacheArray
  if (data instanceof Uint16Array || data instanceof Float32Array) return data
  const { buffer, byteOffset, length } = data as Uint16Array
  return new Uint16Array(buffer, byteOffset, length)
}
