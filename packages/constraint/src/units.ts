import { clearAll, type Inside, remainderOf, setAll } from './inside.ts'
import { kept } from './kept.ts'
import { EMPTY_TEXT, NOTHING, type Regex, type Regexes } from './regexes.ts'
import type { TokenTrie } from './token-trie.ts'

/**
 * Tokens by how many units of a repetition they begin, such as characters of a string: found once for a unit, and true of every
 * repetition of it, whatever its bounds.
 */
interface Units {
  /** Token ids in order of units begun. The last may be cut. */
  readonly tokens: Int32Array
  /** Nodes with children at which a unit ends, in order of units. */
  readonly ends: Int32Array
  /** [most + 2]: where those of each number begin. */
  readonly tokensAt: Int32Array
  readonly endsAt: Int32Array
  /** [nodes]: units that have ended at a node of `ends`, 0 at others. */
  readonly counts: Uint16Array
  /** All tokens. */
  readonly mask: Uint32Array
}

/** Of what is kept beside the lists. */
const UNITS_BYTES = 1024

/** A unit with more states is not looked at as one. */
const MOST_STATES = 128

const UNKNOWN = -1
const DEAD = -2

export interface Repetitions {
  /** What a repetition lets through. Undefined where a regex is none, or where its units cannot be told apart. */
  within(regex: Regex): Inside | undefined
  /** Bytes kept, about. */
  readonly bytes: number
}

const bytesOf = (units: Units | undefined): number =>
  UNITS_BYTES +
  (units ? units.tokens.byteLength + units.ends.byteLength + units.counts.byteLength + units.mask.byteLength : 0)

/** @param limit Bytes kept. */
export function repetitions(trie: TokenTrie, regexes: Regexes, limit: number): Repetitions {
  const known = kept<Regex, { readonly units: Units | undefined }>(limit, ({ units }) => bytesOf(units))
  const ofUnit = (unit: Regex): Units | undefined => {
    const found = known.get(unit)
    if (found) return found.units
    const units = unitsOf(trie, regexes, unit)
    known.set(unit, { units })
    return units
  }
  return {
    within(regex) {
      const node = regexes.nodeOf(regex)
      if (node.kind !== 'repeat' || regexes.isNullable(node.body)) return undefined
      const units = ofUnit(node.body)
      return units && between(trie, units, node.min, node.max)
    },
    get bytes() {
      return known.size
    },
  }
}

/** Tokens of up to `max` units, and the ends of `min` of them or more. */
function between(trie: TokenTrie, units: Units, min: number, max: number): Inside {
  const { tokens, ends, tokensAt, endsAt, counts, mask: all } = units
  const most = tokensAt.length - 2
  const last = Math.min(max, most)
  const exits = ends.subarray(endsAt[Math.min(min, last + 1)], endsAt[last + 1])
  const found = { without: [], ids: [], exits, ended: { counts, min, max }, remainder: remainderOf(trie, exits, []) }
  const count = tokensAt[last + 1]!
  if (last === most) return { mask: all, ...found }
  const isMost = count > tokens.length / 2
  const mask = isMost ? all.slice() : new Uint32Array(all.length)
  if (isMost) clearAll(mask, tokens.subarray(count))
  else setAll(mask, tokens.subarray(0, count))
  return { mask, ...found }
}

/** Reads every token as one unit after another. Undefined where a unit may end and yet go on. */
function unitsOf(trie: TokenTrie, regexes: Regexes, unit: Regex): Units | undefined {
  const { size } = trie
  const scratch = scratches.get(trie) ?? scratchOf(trie)
  scratches.set(trie, scratch)
  const { states, begun, withToken, ends, totals } = scratch
  const { table, learn } = automatonOf(regexes, unit)
  totals.fill(0)
  for (let node = read(trie, table, scratch, 1); node < size; node = read(trie, table, scratch, node)) {
    if (!learn(states[trie.depth[node]! - 1]!, trie.byte[node]!)) return undefined
  }
  const most = totals[MOST]!
  const byTokens = sortedBy(withToken.subarray(0, totals[TOKENS]), begun, most)
  const byEnds = sortedBy(ends.subarray(0, totals[ENDS]), begun, most)
  const ids = idsOf(trie, byTokens)
  const mask = new Uint32Array(trie.words)
  setAll(mask, ids.tokens)
  return { ...ids, ends: byEnds.nodes, endsAt: byEnds.starts, counts: countsOf(byEnds, size), mask }
}

/** What was found last: nothing of it is cleared. */
interface Scratch {
  /** By depth: the state, and units begun. The root's are 0. */
  readonly states: Uint8Array
  readonly counts: Uint16Array
  /** [nodes]: units begun, of those that units lead to. */
  readonly begun: Uint16Array
  /** Nodes with a token, and nodes with children at which a unit ends. */
  readonly withToken: Int32Array
  readonly ends: Int32Array
  /** How many these are, and the most units that a token begins. */
  readonly totals: Int32Array
}

/** One for all stores of a vocabulary. */
const scratches = new WeakMap<TokenTrie, Scratch>()

const TOKENS = 0
const ENDS = 1
const MOST = 2

const scratchOf = ({ size, maxDepth }: TokenTrie): Scratch => ({
  states: new Uint8Array(maxDepth + 1),
  counts: new Uint16Array(maxDepth + 1),
  begun: new Uint16Array(size),
  withToken: new Int32Array(size),
  ends: new Int32Array(size),
  totals: new Int32Array(3),
})

/** Reads on from a node, up to one that a step leads to which nobody has asked for. Calls nothing, so that it stays compiled. */
function read(trie: TokenTrie, table: Int16Array, scratch: Scratch, start: number): number {
  const { byte, depth, span, token, size } = trie
  const { states, counts, begun, withToken, ends, totals } = scratch
  let tokenCount = totals[TOKENS]!
  let endCount = totals[ENDS]!
  let most = totals[MOST]!
  let node = start
  while (node < size) {
    const level = depth[node]!
    const from = states[level - 1]!
    const to = table[(from << 8) | byte[node]!]!
    if (to === UNKNOWN) break
    if (to === DEAD) {
      node += span[node]!
      continue
    }
    const count = counts[level - 1]! + (from === 0 ? 1 : 0)
    states[level] = to
    counts[level] = count
    begun[node] = count
    if (count > most) most = count
    if (token[node]! >= 0) withToken[tokenCount++] = node
    if (to === 0 && span[node]! > 1) ends[endCount++] = node
    node++
  }
  totals[TOKENS] = tokenCount
  totals[ENDS] = endCount
  totals[MOST] = most
  return node
}

interface UnitAutomaton {
  /** [states, 256]: the state after a byte, 0 between units; `UNKNOWN` where nobody has asked. */
  readonly table: Int16Array
  /** @returns Whether units can be told apart. */
  learn(state: number, byte: number): boolean
}

function automatonOf(regexes: Regexes, unit: Regex): UnitAutomaton {
  const table = new Int16Array(256 * MOST_STATES).fill(UNKNOWN)
  const residuals: Regex[] = [unit]
  const stateOf = (residual: Regex): number | undefined => {
    if (residual === NOTHING) return DEAD
    if (residual === EMPTY_TEXT) return 0
    if (regexes.isNullable(residual)) return undefined
    // Where the unit comes again, it has begun all the same.
    const known = residuals.indexOf(residual, 1)
    if (known > 0) return known
    return residuals.length < MOST_STATES ? residuals.push(residual) - 1 : undefined
  }
  return {
    table,
    learn(state, byte) {
      const to = stateOf(regexes.next(residuals[state]!, byte))
      if (to !== undefined) table[(state << 8) | byte] = to
      return to !== undefined
    },
  }
}

interface Sorted {
  readonly nodes: Int32Array
  /** [most + 2]: where those of each count begin. */
  readonly starts: Int32Array
}

/** Nodes sorted by their counts. */
function sortedBy(nodes: Int32Array, counts: Uint16Array, most: number): Sorted {
  const starts = new Int32Array(most + 2)
  for (let i = 0; i < nodes.length; i++) starts[counts[nodes[i]!]! + 1]!++
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!
  const places = starts.slice()
  const sorted = new Int32Array(nodes.length)
  for (let i = 0; i < nodes.length; i++) sorted[places[counts[nodes[i]!]!]!++] = nodes[i]!
  return { nodes: sorted, starts }
}

/** [size]: the count of each sorted node, 0 of others. */
function countsOf({ nodes, starts }: Sorted, size: number): Uint16Array {
  const counts = new Uint16Array(size)
  for (let count = 1; count + 1 < starts.length; count++) {
    for (let i = starts[count]!; i < starts[count + 1]!; i++) counts[nodes[i]!] = count
  }
  return counts
}

/** The tokens of sorted nodes. */
function idsOf({ token, twins }: TokenTrie, { nodes, starts }: Sorted): Pick<Units, 'tokens' | 'tokensAt'> {
  if (twins.size === 0) return { tokens: nodes.map((node) => token[node]!), tokensAt: starts }
  const tokens: number[] = []
  const tokensAt = starts.map((start, count) => {
    for (let i = starts[count - 1] ?? 0; i < start; i++) tokens.push(token[nodes[i]!]!, ...(twins.get(nodes[i]!) ?? []))
    return tokens.length
  })
  return { tokens: Int32Array.from(tokens), tokensAt }
}
