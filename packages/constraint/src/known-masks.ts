import type { State } from './machine.ts'

/** Whole masks by state. Equal ones are one array: many places of a text allow the same tokens. */
export interface KnownMasks {
  get(state: State): Uint32Array | undefined
  /** A mask of nothing to write to, until it is added. */
  blank(): Uint32Array
  /** Keeps what stands in the blank one. */
  add(state: State): Uint32Array
  /** Bytes held, about. */
  readonly size: number
}

/** Of what is kept of a state beside its mask; more than it takes, since the collector follows it. */
const STATE_BYTES = 1024

/** Two generations, as in `kept`. @param words Of a mask. @param limit Bytes. */
export function knownMasks(words: number, limit: number): KnownMasks {
  const blank = new Uint32Array(words)
  let young = generation()
  let old = generation()
  const keep = (state: State, hash: number, mask: Uint32Array): void => {
    const size = (): number => STATE_BYTES + (young.byHash.get(hash) === mask ? 0 : mask.byteLength)
    if (STATE_BYTES + mask.byteLength > limit / 2) return
    if (young.size + size() > limit / 2) {
      old = young
      young = generation()
    }
    young.size += size()
    young.byState.set(state, mask)
    young.byHash.set(hash, mask)
  }
  return {
    get(state) {
      const found = young.byState.get(state)
      if (found) return found
      const before = old.byState.get(state)
      if (before) keep(state, hashOf(before), before)
      return before
    },
    blank: () => blank.fill(0),
    add(state) {
      const hash = hashOf(blank)
      const equal = [young, old].map(({ byHash }) => byHash.get(hash)).find((each) => each && isEqual(each, blank))
      const made = equal ?? blank.slice()
      keep(state, hash, made)
      return made
    },
    get size() {
      return young.size + old.size
    },
  }
}

interface Generation {
  readonly byState: Map<State, Uint32Array>
  readonly byHash: Map<number, Uint32Array>
  size: number
}

const generation = (): Generation => ({ byState: new Map(), byHash: new Map(), size: 0 })

function hashOf(mask: Uint32Array): number {
  let hash = 0
  for (let i = 0; i < mask.length; i++) {
    hash = Math.imul(hash ^ mask[i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
