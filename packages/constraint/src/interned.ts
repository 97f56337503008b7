/** Numbers sequences of numbers from 0 on: equal ones have equal ids. Flat arrays, so that the collector has nothing to follow. */
export interface Interned {
  readonly size: number
  /** Id of the first `length` numbers of a key; −1 where it is new. */
  find(key: ArrayLike<number>, length: number): number
  /** Adds the key that was last looked for and not found. @returns Its id. */
  add(key: ArrayLike<number>, length: number): number
}

export function interned(): Interned {
  let table = new Int32Array(64)
  let hashes = new Int32Array(32)
  let ends = new Int32Array(32)
  let keys = new Float64Array(128)
  let size = 0
  let slot = 0
  let hash = 0

  const isKey = (id: number, key: ArrayLike<number>, length: number): boolean => {
    const start = id === 0 ? 0 : ends[id - 1]!
    if (ends[id]! - start !== length) return false
    for (let i = 0; i < length; i++) if (keys[start + i] !== key[i]) return false
    return true
  }
  const grow = (): void => {
    hashes = longer(hashes, 2 * size)
    ends = longer(ends, 2 * size)
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
      const start = size === 0 ? 0 : ends[size - 1]!
      if (start + length > keys.length) keys = longer(keys, 2 * (start + length))
      for (let i = 0; i < length; i++) keys[start + i] = key[i]!
      hashes[size] = hash
      ends[size] = start + length
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

function longer<T extends Int32Array | Float64Array>(array: T, length: number): T {
  const made = new (array.constructor as new (length: number) => T)(length)
  made.set(array)
  return made
}
