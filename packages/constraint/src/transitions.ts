import type { Partition } from './partitions.ts'

export const UNKNOWN = -1

/** What is known of an automaton's transitions, one for each class of bytes: flat, and nothing that the collector must follow. */
export interface Transitions {
  /** The state after a byte, or `UNKNOWN`. */
  get(state: number, byte: number): number
  set(state: number, byte: number, target: number): void
  /** Bytes held, about. */
  readonly bytes: number
}

/** Transitions are in pieces of so many. */
const PIECE = 1 << 14
/** Of a state beside its transitions. */
const STATE_BYTES = 16

/** @param limit Bytes; past them all is forgotten. */
export function transitions(limit: number, partitionOf: (state: number) => Partition): Transitions {
  const pieces: Int32Array[] = []
  const tables: (Uint8Array | undefined)[] = []
  /** Place of a state's first transition, one added. */
  let places = new Int32Array(1024)
  let count = 0
  let used = 0
  const begin = (state: number): number => {
    const { classOf, first } = partitionOf(state)
    if ((used & (PIECE - 1)) + first.length > PIECE) used = (used | (PIECE - 1)) + 1
    if (4 * (used + first.length) + STATE_BYTES * (count + 1) > limit) {
      used = 0
      count = 0
      places.fill(0)
      pieces.length = Math.min(pieces.length, 1)
      pieces[0]?.fill(UNKNOWN)
    }
    if (used >> 14 >= pieces.length) pieces.push(new Int32Array(PIECE).fill(UNKNOWN))
    if (state >= places.length) {
      const more = new Int32Array(2 * state)
      more.set(places)
      places = more
    }
    // Without gaps: the runtime makes a map of an array with them.
    while (tables.length <= state) tables.push(undefined)
    tables[state] = classOf
    places[state] = used + 1
    used += first.length
    count++
    return places[state]!
  }
  return {
    get(state, byte) {
      if (state >= places.length) return UNKNOWN
      const place = places[state]! - 1
      return place < 0 ? UNKNOWN : pieces[place >> 14]![(place & (PIECE - 1)) + tables[state]![byte]!]!
    },
    set(state, byte, target) {
      const place = ((state < places.length && places[state]) || begin(state)) - 1
      pieces[place >> 14]![(place & (PIECE - 1)) + tables[state]![byte]!] = target
    },
    get bytes() {
      return 4 * used + STATE_BYTES * count
    },
  }
}
