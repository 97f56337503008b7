/**
 * The n-gram pool of lookahead decoding: under each token the n-grams that were seen to begin with it, newest last. It is
 * bounded twice: `perKey` n-grams under a token, and `keys` tokens, of which the one that was added to or asked for longest
 * ago goes first.
 */
export interface NgramPool {
  /** Tokens under which the pool has n-grams. */
  readonly size: number
  /** Adds `key` followed by `rest`, [n − 1]; an n-gram that is there already becomes the newest. Keeps `rest`. */
  add(key: number, rest: readonly number[]): void
  /** What followed `key`, newest last; borrowed until the next `add`. */
  under(key: number): readonly (readonly number[])[]
  clear(): void
}

const NONE: readonly (readonly number[])[] = []

/** @param perKey G of the paper. */
export function ngramPool(perKey: number, keys: number): NgramPool {
  /** A Map iterates in the order of insertion, so its first key is the one used longest ago. */
  const lists = new Map<number, (readonly number[])[]>()

  function touch(key: number, list: (readonly number[])[]): void {
    lists.delete(key)
    lists.set(key, list)
  }

  return {
    get size() {
      return lists.size
    },
    add(key, rest) {
      const list = lists.get(key) ?? []
      const found = list.findIndex((other) => other.every((token, i) => token === rest[i]))
      if (found >= 0) list.splice(found, 1)
      else if (list.length === perKey) list.shift()
      list.push(rest)
      touch(key, list)
      if (lists.size > keys) lists.delete(lists.keys().next().value!)
    },
    under(key) {
      const list = lists.get(key)
      if (list === undefined) return NONE
      touch(key, list)
      return list
    },
    clear: () => lists.clear(),
  }
}
