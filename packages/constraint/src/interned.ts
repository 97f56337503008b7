/** Numbers sequences of numbers from 0 on: equal ones have equal ids. Flat arrays, so that the collector has nothing to follow. */
export interface Interned {
  readonly size: number
  /** Id of the first `length` numbers of a key; −1 where it is new. */
  find(key: ArrayLike<number>, length: number): number
  /** Adds the key that was last looked for and not found. @returns Its id. */
  add(key: ArrayLike<number>, length: number): number
}

/** Numbers of a piece; a longer key has a piece of its own. */
const PIECE_BITS = 9
const PIECE = 1 << PIECE_BITS

export function interned(): Interned {
  let table = new Int32Array(64)
  let hashes = new Int32Array(32)
  /** Where keys begin, and their lengths. */
  let starts = new Int32Array(32)
  let lengths = new Int32Array(32)
  /** Keys one after another, none across two pieces. */
  const pieces: Float64Array[] = []
  let end = 0
  let size = 0
  let slot = 0
  let hash = 0

  const isKey = (id: number, key: ArrayLike<number>, length: number): boolean => {
    if (lengths[id] !== length) return false
    const piece = pieces[starts[id]! >> PIECE_BITS]!
    const start = starts[id]! & (PIECE - 1)
    for (let i = 0; i < length; i++) if (piece[start + i] !== key[i]) return false
    return true
  }
  const grow = (): void => {
    hashes = longer(hashes, 2 * size)
    starts = longer(starts, 2 * size)
    lengths = longer(lengths, 2 * size)
    table = new Int32Array(4 * size)
    for (let id = 0; id < size; id++) {
      let at = hashes[id]! & (table.length - 1)
      while (table[at] !== 0) at = (at + 1) & (table.length - 1)
      table[at] = id + 1
    }
  }
  const find: Interned['find'] = (key, length) => {
    hash = hashOf(key, length)
    slot = hash & (table.length - 1)
    for (let id = table[slot]! - 1; id >= 0; id = table[slot]! - 1) {
      if (hashes[id] === hash && isKey(id, key, length)) return id
      slot = (slot + 1) & (table.length - 1)
    }
    return -1
  }
  return {
    get size() {
      return size
    },
    find,
    add(key, length) {
      if (size === hashes.length) {
        grow()
        find(key, length)
      }
      if (pieces.length << PIECE_BITS < end + length) {
        end = pieces.length << PIECE_BITS
        pieces.push(new Float64Array(Math.max(PIECE, length)))
      }
      const piece = pieces[end >> PIECE_BITS]!
      for (let i = 0; i < length; i++) piece[(end & (PIECE - 1)) + i] = key[i]!
      hashes[size] = hash
      starts[size] = end
      lengths[size] = length
      end += length
      table[slot] = size + 1
      return size++
    },
  }
}

function hashOf(key: ArrayLike<number>, length: number): number {
  let hash = length
  for (let i = 0; i < length; i++) {
    const value = key[i]!
    hash = Math.imul(hash ^ (value | 0) ^ (value / 2 ** 32), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

/** A copy of an array with room behind it. */
export function longer(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const made = new Int32Array(length)
  made.set(array)
  return made
}
