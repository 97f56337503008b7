/** A map that forgets: what it holds is never larger than a limit. */
export interface Kept<Key, Value> {
  get(key: Key): Value | undefined
  set(key: Key, value: Value): void
  /** Sum of the sizes of what is held. */
  readonly size: number
}

/**
 * Two generations: when the young one has grown to half the limit it becomes the old one, and what nobody asked for since
 * the last such change is given up. Costs no more than a map, and comes near to least recently used.
 * @param sizeOf At most half the limit, or a value is not kept.
 */
export function kept<Key, Value>(limit: number, sizeOf: (value: Value) => number): Kept<Key, Value> {
  let young = new Map<Key, Value>()
  let old = new Map<Key, Value>()
  let youngSize = 0
  let oldSize = 0
  const set = (key: Key, value: Value): void => {
    const size = sizeOf(value)
    if (size > limit / 2) return
    if (youngSize + size > limit / 2) {
      old = young
      oldSize = youngSize
      young = new Map()
      youngSize = 0
    }
    young.set(key, value)
    youngSize += size
  }
  return {
    get(key) {
      const found = young.get(key)
      if (found !== undefined) return found
      const before = old.get(key)
      if (before !== undefined) set(key, before)
      return before
    },
    set,
    get size() {
      return youngSize + oldSize
    },
  }
}
