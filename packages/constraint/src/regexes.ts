/**
 * Regular languages over bytes as hash-consed expressions with Brzozowski derivatives: "Derivatives of Regular
 * Expressions", J. ACM 11 (1964). Equal expressions have equal ids, so a lazy automaton's states are ids.
 */
import type { ByteAutomaton } from './byte-automaton.ts'
import { type ByteSet, byteSet, common, onlyByte, union } from './byte-sets.ts'
import { type Clock, clockOf } from './clock.ts'
import type { Counting } from './counted.ts'
import { derivativeOf } from './derivative.ts'
import { type Excluded, excludedTexts } from './excluded.ts'
import { interned } from './interned.ts'
import { type Limits, overLimit } from './limits.ts'
import { EMPTY_TEXT, FIRST, KEYS, NO_BYTE, NOTHING } from './regex-keys.ts'
import { productOf } from './repeats.ts'
import { type RowCache, rowsOf } from './rows.ts'
import { starsOf } from './stars.ts'
import { utf8Bytes } from './utf8.ts'

/** Id of a regular language in its store. Equal ids mean equal languages, not the reverse. */
export type Regex = number

export { EMPTY_TEXT, NOTHING }

type Node =
  | { readonly kind: 'nothing' | 'empty' }
  | { readonly kind: 'bytes'; readonly set: ByteSet; readonly only: number }
  | { readonly kind: 'concat'; readonly head: Regex; readonly tail: Regex }
  | { readonly kind: 'or' | 'and'; readonly parts: readonly Regex[] }
  | { readonly kind: 'not'; readonly body: Regex }
  | { readonly kind: 'repeat'; readonly body: Regex; readonly min: number; readonly max: number }
  | { readonly kind: 'except'; readonly body: Regex; readonly excluded: Excluded }
  | { readonly kind: 'automaton'; readonly automaton: ByteAutomaton; readonly state: number }

/** Builds and steps regular languages. One store serves many grammars, which share its automata. */
export interface Regexes extends Counting, RowCache {
  bytes(ranges: readonly (readonly [number, number])[]): Regex
  /** The UTF-8 bytes of a text. */
  literal(text: string): Regex
  concat(...parts: readonly Regex[]): Regex
  or(parts: readonly Regex[]): Regex
  and(parts: readonly Regex[]): Regex
  /** Every byte string that the language lacks. */
  not(body: Regex): Regex
  /** `body` without these texts, given as bytes: cheaper than a complement where they are many. */
  except(body: Regex, texts: readonly Uint8Array[]): Regex
  /** `body` from `min` to `max` times; `max` may be Infinity. */
  repeat(body: Regex, min: number, max: number): Regex
  /** What an automaton accepts from a state, by default its start. Languages of one automaton share what is learned of its states. */
  automaton(automaton: ByteAutomaton, state?: number): Regex
  /** Every byte string. */
  readonly anything: Regex
  /** Stands for texts that no token reaches: no byte begins it, and yet it counts as a language that has one. */
  readonly beyond: Regex
  isNullable(regex: Regex): boolean
  /** What may follow `byte`; `NOTHING` when no completion exists. */
  next(regex: Regex, byte: number): Regex
  /** All 256 of `next`. */
  row(regex: Regex): Int32Array
  /** The byte that must come first, when there is one and no branching (−1 otherwise). */
  onlyByte(regex: Regex): number
  isEmpty(regex: Regex): boolean
  matches(regex: Regex, bytes: Uint8Array): boolean
  nodeOf(regex: Regex): Node
  /** Whether neither intersection, complement nor automaton occurs: then a residual is never empty unawares. */
  isPlain(regex: Regex): boolean
  readonly size: number
  readonly clock: Clock
}

export type { Node as RegexNode }

/** A store of regular languages. */
export function regexes(limits: Limits): Regexes {
  const clock = clockOf(limits.milliseconds)
  const nodes: Node[] = [{ kind: 'nothing' }, { kind: 'empty' }]
  const nullable: boolean[] = [false, true]
  const plain: boolean[] = [true, true]
  const ids = interned()
  const automata = new Map<ByteAutomaton, number>()
  const singles: Regex[] = []
  const excludedOf = excludedTexts()
  let key = new Float64Array(16)
  let keyLength = 0

  /** The regex of a key, or −1: then `add` gives it one. */
  const find = (kind: number, a: number, b: number, c: number): Regex => {
    key[0] = kind
    key[1] = a
    key[2] = b
    key[3] = c
    keyLength = 4
    return known()
  }
  const findList = (kind: number, list: ArrayLike<number>): Regex => {
    keyLength = list.length + 1
    if (keyLength > key.length) key = new Float64Array(2 * keyLength)
    key[0] = kind
    key.set(list, 1)
    return known()
  }
  const known = (): Regex => {
    const id = ids.find(key, keyLength)
    return id < 0 ? -1 : id + FIRST
  }
  const add = (node: Node, isNullable: boolean, isPlain: boolean): Regex => {
    if (nodes.length >= limits.regexes) throw overLimit('regexes', limits.regexes)
    clock.tick()
    ids.add(key, keyLength)
    nullable.push(isNullable)
    plain.push(isPlain)
    return nodes.push(node) - 1
  }
  const bytesOf = (set: ByteSet): Regex => {
    if (set.every((word) => word === 0)) return NOTHING
    const id = findList(KEYS.bytes, set)
    return id >= 0 ? id : add({ kind: 'bytes', set, only: onlyByte(set) }, false, true)
  }
  const single = (byte: number): Regex => (singles[byte] ??= bytesOf(byteSet([[byte, byte]])))
  const stars = starsOf(nodes)
  const pair = (head: Regex, tail: Regex): Regex => {
    if (head === NOTHING || tail === NOTHING) return NOTHING
    if (head === EMPTY_TEXT) return tail
    if (tail === EMPTY_TEXT || stars.absorbs(tail, head)) return tail === EMPTY_TEXT ? head : tail
    const id = find(KEYS.concat, head, tail, 0)
    if (id >= 0) return id
    return add({ kind: 'concat', head, tail }, nullable[head]! && nullable[tail]!, plain[head]! && plain[tail]!)
  }
  const concat = (...parts: readonly Regex[]): Regex => {
    const heads: Regex[] = []
    // What stands last is in sequence already.
    for (const part of parts.slice(0, -1)) {
      let at = part
      for (let node = nodes[at]!; node.kind === 'concat'; node = nodes[at]!) {
        heads.push(node.head)
        at = node.tail
      }
      heads.push(at)
    }
    return heads.reduceRight((tail, head) => pair(head, tail), parts.at(-1) ?? EMPTY_TEXT)
  }
  const set = (kind: 'or' | 'and', parts: readonly Regex[]): Regex => {
    const sorted = [...new Set(parts)].sort((a, b) => a - b)
    if (sorted.length === 1) return sorted[0]!
    const id = findList(KEYS[kind], sorted)
    if (id >= 0) return id
    const isNullable = kind === 'or' ? sorted.some((id) => nullable[id]) : sorted.every((id) => nullable[id])
    const isPlain = kind === 'or' && sorted.every((id) => plain[id])
    return add({ kind, parts: sorted }, isNullable, isPlain)
  }
  const flat = (kind: 'or' | 'and', parts: readonly Regex[]): Regex[] =>
    parts.flatMap((id) => {
      const node = nodes[id]!
      return node.kind === kind ? node.parts : [id]
    })
  const or = (given: readonly Regex[]): Regex => {
    const parts = flat('or', given).filter((id) => id !== NOTHING)
    if (parts.includes(anything)) return anything
    let bytes: ByteSet | undefined
    const byHead = new Map<Regex, Regex[]>()
    const rest: Regex[] = []
    for (const id of new Set(parts)) {
      const node = nodes[id]!
      if (node.kind === 'bytes') bytes = bytes ? union(bytes, node.set) : node.set
      else if (node.kind === 'concat') {
        const tails = byHead.get(node.head)
        if (tails) tails.push(node.tail)
        else byHead.set(node.head, [node.tail])
      } else rest.push(id)
    }
    for (const [head, tails] of byHead) rest.push(pair(head, tails.length === 1 ? tails[0]! : or(tails)))
    if (bytes) rest.push(bytesOf(bytes))
    const wide = stars.widest(rest)
    const needed = wide.some((id) => id !== EMPTY_TEXT && nullable[id]) ? wide.filter((id) => id !== EMPTY_TEXT) : wide
    return needed.length === 0 ? NOTHING : set('or', needed)
  }
  const and = (given: readonly Regex[]): Regex => {
    const parts = flat('and', given).filter((id) => id !== anything)
    if (parts.length === 0) return anything
    if (parts.includes(NOTHING)) return NOTHING
    if (parts.includes(EMPTY_TEXT)) return parts.every((id) => nullable[id]) ? EMPTY_TEXT : NOTHING
    let bytes: ByteSet | undefined
    const rest: Regex[] = []
    for (const id of new Set(parts)) {
      const node = nodes[id]!
      if (node.kind === 'not' && parts.includes(node.body)) return NOTHING
      if (node.kind === 'bytes') bytes = bytes ? common(bytes, node.set) : node.set
      else rest.push(id)
    }
    if (bytes) rest.push(bytesOf(bytes))
    return rest.includes(NOTHING) ? NOTHING : set('and', stars.narrowest(rest))
  }
  const not = (body: Regex): Regex => {
    if (body === NOTHING) return anything
    if (body === anything) return NOTHING
    const node = nodes[body]!
    if (node.kind === 'not') return node.body
    const id = find(KEYS.not, body, 0, 0)
    return id >= 0 ? id : add({ kind: 'not', body }, !nullable[body], false)
  }
  const repeat = (body: Regex, min: number, max: number): Regex => {
    if (max === 0 || body === EMPTY_TEXT) return EMPTY_TEXT
    if (body === NOTHING) return min === 0 ? EMPTY_TEXT : NOTHING
    if (min === 1 && max === 1) return body
    const node = nodes[body]!
    if (node.kind === 'repeat') {
      const counts = productOf(node, { min, max })
      if (counts) return repeat(node.body, counts.min, counts.max)
    }
    const least = nullable[body] ? 0 : min
    const id = find(KEYS.repeat, body, least, max)
    return id >= 0 ? id : add({ kind: 'repeat', body, min: least, max }, least === 0, plain[body]!)
  }
  const automatonAt = (automaton: ByteAutomaton, state: number): Regex => {
    if (state < 0) return NOTHING
    const index = automata.get(automaton) ?? automata.size
    automata.set(automaton, index)
    const id = find(KEYS.automaton, index, state, 0)
    if (id >= 0) return id
    // An automaton may step regexes of this store.
    const isNullable = automaton.accepts(state)
    const again = find(KEYS.automaton, index, state, 0)
    return again >= 0 ? again : add({ kind: 'automaton', automaton, state }, isNullable, false)
  }
  const exceptAt = (body: Regex, excluded: Excluded | undefined): Regex => {
    if (!excluded || body === NOTHING) return body
    const isNullable = nullable[body]! && !excluded.isEnd
    if (excluded.children.size === 0 && isNullable === nullable[body]) return body
    const id = find(KEYS.except, body, excluded.id, 0)
    return id >= 0 ? id : add({ kind: 'except', body, excluded }, isNullable, false)
  }
  const anyByte = bytesOf(byteSet([[0, 255]]))
  const anything = repeat(anyByte, 0, Infinity)
  findList(KEYS.bytes, NO_BYTE)
  const beyond = add({ kind: 'bytes', set: NO_BYTE, only: -1 }, false, true)

  const after = (regex: Regex, byte: number): Regex => {
    const node = nodes[regex]!
    return node.kind === 'bytes' || node.kind === 'except' ? derivative(regex, byte) : rows.rawNext(regex, byte)
  }
  const derivative = derivativeOf({ nodes, nullable, after, concat, or, and, not, repeat, exceptAt, automatonAt })
  const rows = rowsOf({ nodes, plain, nullable, and, concat, repeat, derivative, limits, clock })
  return {
    bytes: (ranges) => bytesOf(byteSet(ranges)),
    literal: (text) => utf8Bytes(text).reduceRight((tail, byte) => pair(single(byte), tail), EMPTY_TEXT),
    concat,
    or,
    and,
    not,
    except: (body, texts) => exceptAt(body, excludedOf(texts)),
    repeat,
    automaton: (automaton, state = automaton.start) => automatonAt(automaton, state),
    anything,
    beyond,
    isNullable: (regex) => nullable[regex]!,
    row: rows.row,
    next: rows.next,
    onlyByte: rows.onlyByte,
    isEmpty: rows.isEmpty,
    matches(regex, bytes) {
      let at = regex
      for (const byte of bytes) at = rows.next(at, byte)
      return nullable[at]!
    },
    nodeOf: (regex) => nodes[regex]!,
    isPlain: (regex) => plain[regex]!,
    countedOf: rows.countedOf,
    need: rows.need,
    get size() {
      return nodes.length
    },
    rowBytes: rows.rowBytes,
    clock,
  }
}
