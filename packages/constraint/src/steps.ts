/** Transitions of an automaton by state and byte, in flat arrays; past a limit all are forgotten. */
export interface Steps {
  /** The state after a byte, −1 where there is none; undefined where it is not known. */
  get(state: number, byte: number): number | undefined
  /** @param target −1 for none. */
  set(state: number, byte: number, target: number): void
}

const FREE = -1

/** @param limit Transitions kept, 12 bytes each, in a table at most half full. */
export function steps(limit: number): Steps {
  let keys = new Float64Array(64).fill(FREE)
  let targets = new Int32Array(64)
  let count = 0
  const slotOf = (key: number): number => {
    const last = keys.length - 1
    let slot = Math.imul(key, 0x9e3779b1)
    slot = (slot ^ (slot >>> 15)) & last
    while (keys[slot] !== key && keys[slot] !== FREE) slot = (slot + 1) & last
    return slot
  }
  const grow = (): void => {
    const [oldKeys, oldTargets] = [keys, targets]
    const size = count >= limit ? 64 : 2 * oldKeys.length
    keys = new Float64Array(size).fill(FREE)
    targets = new Int32Array(size)
    if (count >= limit) count = 0
    else for (const [i, key] of oldKeys.entries()) if (key !== FREE) put(key, oldTargets[i]!)
  }
  const put = (key: number, target: number): void => {
    const slot = slotOf(key)
    keys[slot] = key
    targets[slot] = target
  }
  return {
    get(state, byte) {
      const key = state * 256 + byte
      const slot = slotOf(key)
      return keys[slot] === key ? targets[slot] : undefined
    },
    set(state, byte, target) {
      if (2 * (count + 1) > keys.length || count >= limit) grow()
      put(state * 256 + byte, target)
      count++
    },
  }
}
