/** Transitions of an automaton by state and byte, in flat arrays; past a limit all are forgotten. */
export interface Steps {
  /** The state after a byte, −1 where there is none; undefined where it is not known. */
  get(state: number, byte: number): number | undefined
  /** @param state Up to `MOST_STATES`. @param target −1 for none. */
  set(state: number, byte: number, target: number): void
}

/** A state and a byte are one number of 31 bits. */
export const MOST_STATES: number = 2 ** 23

const FREE = -1
/** A large table becomes so many, each for other bits of the hash: none takes long to grow. */
const PARTS = 16
const PART_BITS = 4
/** Slots of a large table, and of a new one. */
const LARGE = 4096
const SMALL = 16
/** Hashes have no more bits that tell parts apart. */
const MOST_BITS = 16

/** @param limit Transitions kept, 8 bytes each, in tables filled up to three quarters. */
export function steps(limit: number): Steps {
  let all = table(0)
  let count = 0
  return {
    get(state, byte) {
      const key = state * 256 + byte
      return all.get(key, hashOf(key))
    },
    set(state, byte, target) {
      const key = state * 256 + byte
      if (count >= limit) {
        all = table(0)
        count = 0
      }
      count++
      all.set(key, hashOf(key), target)
    },
  }
}

function hashOf(key: number): number {
  const hash = Math.imul(key, 0x9e3779b1)
  return hash ^ (hash >>> 15)
}

interface Table {
  get(key: number, hash: number): number | undefined
  set(key: number, hash: number, target: number): void
}

/** @param bits Of the hash, those by which its keys have been told apart from others. */
function table(bits: number): Table {
  /** [slots, 2]: a key and its target. */
  let slots = new Int32Array(2 * SMALL).fill(FREE)
  let count = 0
  let parts: readonly Table[] | undefined
  const slotOf = (key: number, hash: number): number => {
    const last = slots.length - 2
    let slot = ((hash >>> bits) << 1) & last
    while (slots[slot] !== key && slots[slot] !== FREE) slot = (slot + 2) & last
    return slot
  }
  const partOf = (hash: number): Table => parts![(hash >>> bits) & (PARTS - 1)]!
  const put = (key: number, hash: number, target: number): void => {
    const slot = slotOf(key, hash)
    slots[slot] = key
    slots[slot + 1] = target
  }
  const grow = (): void => {
    const old = slots
    const isLarge = old.length === 2 * LARGE && bits < MOST_BITS
    if (isLarge) parts = Array.from({ length: PARTS }, () => table(bits + PART_BITS))
    slots = new Int32Array(isLarge ? 0 : 2 * old.length).fill(FREE)
    for (let slot = 0; slot < old.length; slot += 2) {
      const key = old[slot]!
      if (key === FREE) continue
      if (isLarge) partOf(hashOf(key)).set(key, hashOf(key), old[slot + 1]!)
      else put(key, hashOf(key), old[slot + 1]!)
    }
  }
  return {
    get(key, hash) {
      if (parts) return partOf(hash).get(key, hash)
      const slot = slotOf(key, hash)
      return slots[slot] === key ? slots[slot + 1] : undefined
    },
    set(key, hash, target) {
      if (!parts && 8 * (count + 1) > 3 * slots.length) grow()
      if (parts) {
        partOf(hash).set(key, hash, target)
        return
      }
      put(key, hash, target)
      count++
    },
  }
}
