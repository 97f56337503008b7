import { addInside, type Remainder, setAll } from './inside.ts'
import type { Machine, Stack, State } from './machine.ts'
import type { Reach } from './reach.ts'
import { setTokens } from './token-trie.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * The tokens allowed in a state: bit `id % 32` of word `id >> 5`. A token is allowed when its bytes can be read, since
 * every stack can be completed. Masks are remembered by state, in the vocabulary. Borrowed: do not write to them.
 */
export function masksOf(machine: Machine, vocabulary: Vocabulary, reach: Reach): (state: State) => Uint32Array {
  const { stopTokens, masks } = vocabulary
  const compute = (state: State): Uint32Array => {
    const mask = masks.blank()
    const walked = new Map<Remainder, Set<Stack>>()
    for (let i = 0; i < state.residuals.length; i++) {
      const inside = reach(state.residuals[i]!)
      addInside(mask, inside)
      const stack = state.stacks[i]!
      if (inside.exits.length === 0 || stack === 0) continue
      if (machine.captures(stack)) {
        walkCaptured(machine, vocabulary, state, inside.exits, mask)
        continue
      }
      const done = walked.get(inside.remainder) ?? new Set()
      if (!done.has(stack)) walk(machine, inside.remainder, machine.enter(stack), mask)
      walked.set(inside.remainder, done.add(stack))
    }
    if (state.accepts) setAll(mask, stopTokens)
    return masks.add(state)
  }
  return (state) => masks.get(state) ?? compute(state)
}

/** Reads what is left of tokens after a terminal has ended inside them. */
function walk(machine: Machine, remainder: Remainder, state: State, mask: Uint32Array): void {
  if (state.residuals.length === 0) return
  for (const [byte, child] of remainder.children()) {
    const next = machine.step(state, byte)
    if (!next) continue
    setAll(mask, child.tokens)
    walk(machine, child, next, mask)
  }
}

/** Where what follows depends on the text, each way of ending it is followed by itself. */
function walkCaptured(
  machine: Machine,
  vocabulary: Vocabulary,
  from: State,
  exits: Int32Array,
  mask: Uint32Array,
): void {
  const { trie } = vocabulary
  const bytesTo = (node: number): number[] => (node === 0 ? [] : [...bytesTo(trie.parent[node]!), trie.byte[node]!])
  const below = (node: number, state: State): void => {
    const end = node + trie.span[node]!
    for (let child = node + 1; child < end; child += trie.span[child]!) {
      const next = machine.step(state, trie.byte[child]!)
      if (!next) continue
      setTokens(trie, child, mask)
      if (next.residuals.length > 0) below(child, next)
    }
  }
  for (const exit of exits) {
    const state = bytesTo(exit).reduce<State | undefined>((at, byte) => at && machine.step(at, byte), from)
    if (state) below(exit, state)
  }
}
