import { type GraphDescription, layerType } from '@foretoken/graph'
import type { Bindings } from './bindings.ts'
import { type Cache, type CacheArray, cache } from './cache.ts'
import type { CheckedStep } from './checks.ts'
import { attentionMask, type PastWindow, pastMask, pastWindow } from './mask.ts'
import { type Room, room } from './room.ts'
import type { MakeTensor, OnnxTensor } from './session.ts'

/** The committed rows of one state of a model, wherever they lie; its sole owner. */
export interface KeptRows {
  readonly length: number
  /**
   * Sets what a pass over the rows of `step` reads of the cache, in `feeds`, and where it writes, in `fetches`: always the same
   * objects, one of fetches for each of what can be wanted. Forgets the pass before it.
   */
  bind(step: CheckedStep, feeds: Bindings, fetches: Bindings<OnnxTensor | null>): void
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
  const pasts: Record<'global' | 'sliding', Past[]> = { global: [], sliding: [] }
  for (const [index, layer] of layers.entries()) {
    const kind = pasts[layerType(architecture, layer)]
    kind.push({ name: `past.${layer}.key`, buffer: 2 * index }, { name: `past.${layer}.value`, buffer: 2 * index + 1 })
  }
  const empty = type === 'float16' ? new Uint16Array(rowSize) : new Float32Array(rowSize)
  const placeholder = makeTensor(type, empty, [1, architecture.kvHeads, architecture.headDim])
  const rows = cache({ type, rowSize, buffers: 2 * layers.length, contextLength: positions })
  return state({ description, makeTensor, pasts, placeholder, writesToGiven }, rows)
}

/** An input that takes cached rows, and the buffer that holds them. */
interface Past {
  readonly name: string
  readonly buffer: number
}

/** What all forks share. */
interface Shared {
  readonly description: GraphDescription
  readonly makeTensor: MakeTensor
  /** Of the layers that read all rows, and of those that read a window of them. */
  readonly pasts: Readonly<Record<'global' | 'sliding', readonly Past[]>>
  readonly placeholder: OnnxTensor
  readonly writesToGiven: boolean
}

function state(shared: Shared, rows: Cache): KeptRows {
  const fresh = shared.writesToGiven ? room() : undefined
  const bound: Bound = {}
  return {
    get length() {
      return rows.length
    },
    bind(step, feeds, fetches) {
      bindPast(shared, rows, step, feeds, bound)
      if (fresh) fetches[NEW_ROWS] = freshTensor(shared, fresh, step.tokens.length)
    },
    append: (outputs, path) => rows.append(newRows(outputs), path),
    rewind: rows.rewind,
    fork: () => state(shared, rows.fork()),
    dispose() {
      rows.dispose()
      delete bound.global
      delete bound.sliding
    },
  }
}

/** Where the fed rows go. */
function freshTensor({ description, makeTensor }: Shared, { take }: Room, fed: number): OnnxTensor {
  const { architecture, cache: type, layers } = description
  const rows = 2 * layers.length * fed
  const size = rows * architecture.kvHeads * architecture.headDim
  const data = type === 'float16' ? new Uint16Array(take(2 * size), 0, size) : new Float32Array(take(4 * size), 0, size)
  return makeTensor(type, data, [rows, architecture.kvHeads, architecture.headDim])
}

/** The slots whose tensors were bound last: most passes read the same ones as the pass before. */
interface PastSlots {
  readonly memory: object
  readonly window: PastWindow
}

type Bound = { [kind in 'global' | 'sliding']?: PastSlots }

function bindPast(shared: Shared, rows: Cache, step: CheckedStep, feeds: Bindings, bound: Bound): void {
  const { makeTensor, description, pasts } = shared
  const { architecture, tree } = description
  const { length } = rows
  const count = step.tokens.length
  const mask = (past: PastWindow, window?: number) =>
    makeTensor('float32', attentionMask(step, length, past, window), [count, past.slots + count])
  if (pasts.global.length > 0) {
    const all = pastWindow(length)
    if (tree) feeds.mask = mask(all)
    else feeds.past_mask = makeTensor('float32', pastMask(all), [all.slots])
    bound.global = bindSlots(shared, rows, { pasts: pasts.global, window: all, last: bound.global }, feeds)
  }
  if (pasts.sliding.length > 0) {
    const near = pastWindow(length, architecture.slidingWindow)
    feeds.sliding_mask = mask(near, architecture.slidingWindow)
    bound.sliding = bindSlots(shared, rows, { pasts: pasts.sliding, window: near, last: bound.sliding }, feeds)
  }
}

/** Inputs that read the slots of `window`, and the slots that they are bound to. */
interface Binding {
  readonly pasts: readonly Past[]
  readonly window: PastWindow
  readonly last: PastSlots | undefined
}

function bindSlots(
  { makeTensor, description, placeholder }: Shared,
  rows: Cache,
  { pasts, window, last }: Binding,
  feeds: Bindings,
): PastSlots {
  const { memory } = rows
  const { from, slots, count } = window
  if (last?.memory === memory && last.window.from === from && last.window.slots === slots) return last
  const { architecture, cache: type } = description
  const dims = [slots, architecture.kvHeads, architecture.headDim]
  for (const { name, buffer } of pasts) {
    feeds[name] = count === 0 ? placeholder : makeTensor(type, rows.slots(buffer, from, slots), dims)
  }
  return { memory, window }
}

/** The fed rows for the cache. Runtimes with a Float16Array hand float16 out as numbers; the cache keeps bits. */
function newRows(outputs: Readonly<Record<string, OnnxTensor>>): CacheArray {
  const data = (outputs[NEW_ROWS] as OnnxTensor).data as CacheArray
  if (data instanceof Uint16Array || data instanceof Float32Array) return data
  const { buffer, byteOffset, length } = data as Uint16Array
  return new Uint16Array(buffer, byteOffset, length)
}
