/**
 * Where each n-gram of a growing text was last and first continued. An n-gram is named by a number: the pair (name of its first
 * n − 1 tokens, last token) is looked up in a map, so equal names mean equal n-grams and no hash can collide. Appending a token
 * costs one map access for each n; the text is never read again.
 */
export interface NgramIndex {
  /** Tokens so far. */
  readonly length: number
  at(position: number): number
  append(token: number): void
  /**
   * Position of the token that followed the longest n-gram that ends the text and also occurs earlier, or −1.
   * @param least Shortest n-gram that counts as a match.
   */
  find(least: number, prefer: 'latest' | 'earliest'): number
  clear(): void
}

/** Names and continuations of the n-grams of one length. */
interface Level {
  readonly names: Map<number, number>
  /** By name: position after the last occurrence that was continued, or −1. */
  readonly latest: number[]
  readonly earliest: number[]
  /** Name of the n-gram that ends the text; −1 while the text is shorter than n. */
  current: number
}

/** Token ids are below this; times a name below 2^32 it stays exact. */
const TOKEN_LIMIT = 2 ** 21

/** @param most Longest n-gram. */
export function ngramIndex(most: number): NgramIndex {
  const levels: Level[] = Array.from({ length: most }, () => ({
    names: new Map(),
    latest: [],
    earliest: [],
    current: -1,
  }))
  const text: number[] = []
  return {
    get length() {
      return text.length
    },
    at: (position) => text[position]!,
    append(token) {
      for (const level of levels) note(level, text.length)
      // From long to short: each level builds on the shorter one's n-gram of the position before.
      for (let n = most; n >= 1; n--) {
        const shorter = n === 1 ? 0 : levels[n - 2]!.current
        const level = levels[n - 1]!
        level.current = shorter < 0 ? -1 : nameOf(level, shorter * TOKEN_LIMIT + token)
      }
      text.push(token)
    },
    find(least, prefer) {
      for (let n = most; n >= least; n--) {
        const level = levels[n - 1]!
        const position = level.current < 0 ? -1 : level[prefer][level.current]!
        if (position >= 0) return position
      }
      return -1
    },
    clear() {
      text.length = 0
      for (const level of levels) {
        level.names.clear()
        level.latest.length = 0
        level.earliest.length = 0
        level.current = -1
      }
    },
  }
}

function nameOf(level: Level, key: number): number {
  let name = level.names.get(key)
  if (name === undefined) {
    name = level.latest.length
    level.names.set(key, name)
    level.latest.push(-1)
    level.earliest.push(-1)
  }
  return name
}

/** The n-gram that ends the text is continued at `position`. */
function note(level: Level, position: number): void {
  if (level.current < 0) return
  level.latest[level.current] = position
  if (level.earliest[level.current]! < 0) level.earliest[level.current] = position
}
