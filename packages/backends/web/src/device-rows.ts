import { attentionMask, type CheckedStep, type Feeds, type KeptRows, type OnnxTensor } from '@foretoken/backend-onnx'
import { type GraphDescription, layerType } from '@foretoken/graph'
import { type DeviceStore, deviceStores } from './device-store.ts'
import type { GpuBuffer, GpuDevice } from './gpu.ts'

export interface DeviceRowsOptions {
  readonly device: GpuDevice
  readonly description: GraphDescription
  /** Most rows of one step. */
  readonly maximumRows: number
  makeTensor(type: 'float32' | 'int32', data: Float32Array | Int32Array, dims: readonly number[]): OnnxTensor
  /** A tensor over a buffer on the device. */
  wrap(buffer: GpuBuffer, type: 'float32' | 'float16', dims: readonly number[]): OnnxTensor
}

/** Who reads a store, and how far. A step that runs or was not committed counts: its rows lie behind the committed ones. */
interface Shelf {
  store: DeviceStore | undefined
  readonly readers: Map<object, number>
}

/**
 * Rows on the device (decision 0008): the graph writes a step's rows behind the committed ones, in the buffers that it reads. To
 * commit is to count them in, and to move the rows of a path together; to rewind is to count fewer. A fork shares the buffers until
 * one of both writes where the other reads.
 */
export function deviceRows(options: DeviceRowsOptions): KeptRows {
  return state(options, deviceStores(options), { store: undefined, readers: new Map() }, 0)
}

function state(
  options: DeviceRowsOptions,
  stores: ReturnType<typeof deviceStores>,
  initial: Shelf,
  initialLength: number,
): KeptRows {
  const identity = {}
  let shelf = initial
  let length = initialLength
  const claim = (extent: number) => shelf.readers.set(identity, extent)
  claim(length)

  const leave = () => {
    shelf.readers.delete(identity)
    if (shelf.readers.size === 0) shelf.store?.destroy()
  }
  const isReadBeyond = () => [...shelf.readers].some(([other, extent]) => other !== identity && extent > length)
  /** Buffers with room for `needed` rows, of which nobody else reads those behind `length`. */
  const writable = (needed: number): DeviceStore => {
    const { store } = shelf
    if (isReadBeyond()) {
      const own = stores.copy(store, length, needed)
      leave()
      shelf = { store: own, readers: new Map() }
    } else if (!store || needed > store.capacity) {
      // Who shares these buffers reads no further than this state: the larger ones serve them all.
      shelf.store = stores.copy(store, length, needed)
      store?.destroy()
    }
    claim(needed)
    return shelf.store as DeviceStore
  }
  const setLength = (value: number) => {
    length = value
    claim(value)
  }
  return {
    get length() {
      return length
    },
    bind(step, feeds, fetches) {
      const store = writable(length + step.tokens.length)
      Object.assign(feeds, store.feeds, stepFeeds(options, step, length))
      Object.assign(fetches, store.fetches)
    },
    append(_, path) {
      shelf.store?.gather(length, path)
      setLength(length + path.length)
    },
    rewind: setLength,
    fork: () => state(options, stores, shelf, length),
    dispose() {
      leave()
      shelf = { store: undefined, readers: new Map() }
      length = 0
    },
  }
}

/** What a pass reads of the length: slots in use, and who sees which of them. */
function stepFeeds({ makeTensor, description }: DeviceRowsOptions, step: CheckedStep, length: number): Feeds {
  const { architecture, layers, tree } = description
  const rows = step.tokens.length
  const slots = length + rows
  const past = { from: 0, count: length, slots: length }
  const mask = (window?: number) =>
    makeTensor('float32', attentionMask(step, length, past, window), [1, 1, rows, slots])
  const kinds = new Set(layers.map((layer) => layerType(architecture, layer)))
  return {
    last_slot: makeTensor('int32', Int32Array.of(slots - 1), [1]),
    slots: makeTensor('int32', Int32Array.of(slots), [1]),
    ...(tree && kinds.has('global') && { mask: mask() }),
    ...(kinds.has('sliding') && { sliding_mask: mask(architecture.slidingWindow) }),
  }
}
