/**
 * Where an output stands in its input. H maps every n-gram of the input, n = 1 … N, to the positions after it. The last 1, 2, …
 * tokens of the output are looked up until one position is left: there the input goes on. The n-gram is named by a number: the
 * pair (name of its first n − 1 tokens, last token), so equal names mean equal n-grams.
 */
export interface Alignment {
  /** [tokens] */
  readonly input: Int32Array
  /**
   * The position of the input's next token after an output that ends with `tail`, or −1.
   * @param tail Last tokens of the output, [up to n]; more are not looked at.
   * @param from With it, of several positions the first that is not before `from` is taken, after the longest n-gram that has one;
   * without it several are none.
   */
  align(tail: readonly number[], from?: number): number
}

/** Token ids are below this; times a name below 2^32 it stays exact. */
const TOKEN_LIMIT = 2 ** 21

/** Names of the n-grams of one length, and by name the ascending positions after them. */
interface Level {
  readonly names: Map<number, number>
  readonly positions: number[][]
}

/** @param most N, the longest n-gram. */
export function alignment(input: Int32Array, most: number): Alignment {
  const levels: Level[] = []
  // Names of the n-grams that end at each position; −1 where there is none.
  let shorter = new Float64Array(input.length)
  for (let n = 1; n <= most; n++) {
    const level: Level = { names: new Map(), positions: [] }
    const names = new Float64Array(input.length).fill(-1)
    for (let end = n - 1; end < input.length; end++) {
      const key = (n === 1 ? 0 : shorter[end - 1]!) * TOKEN_LIMIT + input[end]!
      let name = level.names.get(key)
      if (name === undefined) {
        name = level.positions.length
        level.names.set(key, name)
        level.positions.push([])
      }
      level.positions[name]!.push(end + 1)
      names[end] = name
    }
    shorter = names
    levels.push(level)
  }
  return { input, align: (tail, from) => align(levels, tail, from) }
}

function align(levels: readonly Level[], tail: readonly number[], from: number | undefined): number {
  let found = -1
  for (let n = 1; n <= Math.min(levels.length, tail.length); n++) {
    const positions = positionsOf(levels, tail, n)
    if (positions === undefined) return found
    if (positions.length === 1) return positions[0]!
    if (from !== undefined) found = firstFrom(positions, from) ?? found
  }
  return found
}

/** Positions after the last `n` tokens. */
function positionsOf(levels: readonly Level[], tail: readonly number[], n: number): readonly number[] | undefined {
  let name = 0
  for (let k = 0; k < n; k++) {
    const next = levels[k]!.names.get(name * TOKEN_LIMIT + tail[tail.length - n + k]!)
    if (next === undefined) return undefined
    name = next
  }
  return levels[n - 1]!.positions[name]
}

/** The first of the ascending `positions` that is not before `from`. */
function firstFrom(positions: readonly number[], from: number): number | undefined {
  let [low, high] = [0, positions.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions[middle]! < from) low = middle + 1
    else high = middle
  }
  return positions[low]
}
