import { SLOTS } from './mask.ts'

/** Cached rows: float32, or float16 as its bits. */
export type CacheArray = Float32Array | Uint16Array

export interface CacheOptions {
  readonly type: 'float32' | 'float16'
  /** Numbers per row of one buffer: kvHeads * headDim. */
  readonly rowSize: number
  /** Keys and values of every layer, in any fixed order. */
  readonly buffers: number
  readonly contextLength: number
}

/**
 * The committed rows of one generation. Rows only ever go to the end, so a fork shares the buffers of its origin and both read
 * the common prefix; who appends where another still reads first takes a copy.
 */
export interface Cache {
  readonly length: number
  /** Another object whenever the buffers are others: views of them stay what they are until then. */
  readonly memory: object
  /**
   * `count` slots of one buffer from row `from` on, at most `SLOTS` − 1 of them beyond `length`, where any finite numbers lie; a
   * view, valid until `memory` changes.
   */
  slots(buffer: number, from: number, count: number): CacheArray
  /** Appends the chosen rows of `fed`, [buffers, fed rows, rowSize], to every buffer. */
  append(fed: CacheArray, rows: Int32Array): void
  rewind(length: number): void
  fork(): Cache
  dispose(): void
}

/** Buffers and who reads how much of them. */
interface Store {
  arrays: CacheArray[]
  capacity: number
  readonly readers: Map<object, number>
}

const SMALLEST_CAPACITY = 64

export function cache(options: CacheOptions): Cache {
  return reader(options, emptyStore(), 0)
}

function emptyStore(): Store {
  return { arrays: [], capacity: 0, readers: new Map() }
}

function reader(options: CacheOptions, initial: Store, initialLength: number): Cache {
  const { rowSize } = options
  const identity = {}
  let store = initial
  let length = initialLength
  store.readers.set(identity, length)

  const setLength = (value: number) => {
    length = value
    store.readers.set(identity, value)
  }
  const isReadBeyond = () => [...store.readers].some(([other, extent]) => other !== identity && extent > length)
  const makeRoom = (needed: number) => {
    if (isReadBeyond()) {
      const origin = store
      store.readers.delete(identity)
      store = emptyStore()
      resize(options, store, origin.arrays, needed, length)
      store.readers.set(identity, length)
    } else if (needed > store.capacity) {
      resize(options, store, store.arrays, needed, length)
    }
  }
  return {
    get length() {
      return length
    },
    get memory() {
      return store.arrays
    },
    slots: (buffer, from, count) =>
      (store.arrays[buffer] as CacheArray).subarray(from * rowSize, (from + count) * rowSize),
    append(fed, rows) {
      makeRoom(length + rows.length)
      const { arrays } = store
      const fedRows = fed.length / (arrays.length * rowSize)
      for (let index = 0, end = 0; index < rows.length; index = end) {
        end = index + 1
        while (end < rows.length && rows[end] === (rows[end - 1] as number) + 1) end++
        for (let buffer = 0; buffer < arrays.length; buffer++) {
          const first = buffer * fedRows + (rows[index] as number)
          const part = fed.subarray(first * rowSize, (first + end - index) * rowSize)
          ;(arrays[buffer] as CacheArray).set(part, (length + index) * rowSize)
        }
      }
      setLength(length + rows.length)
    },
    rewind: setLength,
    fork: () => reader(options, store, length),
    dispose() {
      store.readers.delete(identity)
      store = emptyStore()
      length = 0
    },
  }
}

/**
 * Gives `store` room for at least `needed` rows, filled with the first `length` rows of `origin`. Grows by half: few copies, little
 * waste.
 */
function resize(
  options: CacheOptions,
  store: Store,
  origin: readonly CacheArray[],
  needed: number,
  length: number,
): void {
  const { rowSize, contextLength } = options
  const wanted = Math.max(needed, SMALLEST_CAPACITY, Math.ceil(store.capacity * 1.5))
  const capacity = Math.max(needed, Math.min(wanted, contextLength))
  const arrays: CacheArray[] = []
  for (let buffer = 0; buffer < options.buffers; buffer++) {
    const size = (capacity + SLOTS - 1) * rowSize
    const array = options.type === 'float16' ? new Uint16Array(size) : new Float32Array(size)
    const from = origin[buffer]
    if (from) array.set(from.subarray(0, length * rowSize))
    arrays.push(array)
  }
  store.arrays = arrays
  store.capacity = capacity
}
