/** Transitions of an automaton by state and byte, in flat arrays; past a limit all are forgotten. */
export interface Steps {
  /** The state after a byte, −1 where there is none; undefined where it is not known. */
  get(state: number, byte: number): number | undefined
  /** @param target −1 for none. */
  set(state: number, byte: number, target: number): void
}

const FREE = -1
/** A table is made of so many, a power of two: each grows for itself, so that none takes long. */
const PARTS = 16

/** @param limit Transitions kept, 12 bytes each, in tables at most half full. */
export function steps(limit: number): Steps {
  const parts: (Part | undefined)[] = Array.from({ length: PARTS })
  let count = 0
  return {
    get(state, byte) {
      const key = state * 256 + byte
      const hash = hashOf(key)
      return parts[hash & (PARTS - 1)]?.get(key, hash)
    },
    set(state, byte, target) {
      const key = state * 256 + byte
      const hash = hashOf(key)
      if (count >= limit) {
        parts.fill(undefined)
        count = 0
      }
      count++
      parts[hash & (PARTS - 1)] ??= part()
      parts[hash & (PARTS - 1)]!.set(key, hash, target)
    },
  }
}

function hashOf(key: number): number {
  const hash = Math.imul(key, 0x9e3779b1)
  return hash ^ (hash >>> 15)
}

interface Part {
  get(key: number, hash: number): number | undefined
  set(key: number, hash: number, target: number): void
}

function part(): Part {
  let keys = new Float64Array(16).fill(FREE)
  let targets = new Int32Array(16)
  let count = 0
  const slotOf = (key: number, hash: number): number => {
    const last = keys.length - 1
    let slot = (hash >>> 4) & last
    while (keys[slot] !== key && keys[slot] !== FREE) slot = (slot + 1) & last
    return slot
  }
  const put = (key: number, hash: number, target: number): void => {
    const slot = slotOf(key, hash)
    keys[slot] = key
    targets[slot] = target
  }
  const grow = (): void => {
    const [oldKeys, oldTargets] = [keys, targets]
    keys = new Float64Array(2 * oldKeys.length).fill(FREE)
    targets = new Int32Array(2 * oldKeys.length)
    for (let i = 0; i < oldKeys.length; i++) {
      const key = oldKeys[i]!
      if (key !== FREE) put(key, hashOf(key), oldTargets[i]!)
    }
  }
  return {
    get(key, hash) {
      const slot = slotOf(key, hash)
      return keys[slot] === key ? targets[slot] : undefined
    },
    set(key, hash, target) {
      if (2 * (count + 1) > keys.length) grow()
      put(key, hash, target)
      count++
    },
  }
}
