import { leastBytesOf } from './best-first.ts'
import { hasByte } from './byte-sets.ts'
import type { Clock } from './clock.ts'
import { type CountedParts, type Counting, counting } from './counted.ts'
import { emptiness } from './emptiness.ts'
import type { Limits } from './limits.ts'
import { type Partition, partitions } from './partitions.ts'
import { NOTHING } from './regex-keys.ts'
import type { RegexNode as Node, Regex, Regexes } from './regexes.ts'
import { transitions, UNKNOWN } from './transitions.ts'

/** A few transitions are always kept, however small the limit. */
const LEAST_BYTES = 2 ** 14

interface RowParts extends Omit<CountedParts, 'targets' | 'leastBytes' | 'limit'> {
  readonly plain: readonly boolean[]
  readonly derivative: (regex: Regex, byte: number) => Regex
  readonly limits: Limits
  readonly clock: Clock
}

export interface RowCache {
  /** Bytes of the transitions that are kept, about. */
  rowBytes(): number
}

type Rows = Pick<Regexes, 'row' | 'next' | 'onlyByte' | 'isEmpty'> &
  RowCache &
  Counting & {
    /** Derivative, not yet recognised where it is empty. */
    readonly rawNext: (regex: Regex, byte: number) => Regex
  }

/** The lazy automaton: transitions by residual and byte, each computed when it is first taken. */
export function rowsOf(parts: RowParts): Rows {
  const { nodes, plain, nullable, derivative, limits, clock } = parts
  const classes = byteClasses(nodes, nullable)
  const quarter = Math.max(LEAST_BYTES, limits.cacheBytes / 4)
  const raw = transitions(quarter, classes)
  const pruned = transitions(quarter, classes)
  const rawNext = (regex: Regex, byte: number): Regex => {
    const known = raw.get(regex, byte)
    if (known !== UNKNOWN) return known
    clock.tick()
    const target = derivative(regex, byte)
    raw.set(regex, byte, target)
    return target
  }
  const targets = (regex: Regex): ReadonlySet<Regex> => {
    clock.tick()
    return new Set(classes(regex).first.map((byte) => rawNext(regex, byte)))
  }
  const leastBytes = leastBytesOf(nodes, nullable)
  const counts = counting({ ...parts, targets, leastBytes, limit: limits.emptiness })
  const hasOther = (body: Regex, excluded: ReadonlyMap<number, unknown>): boolean =>
    plain[body]! && classes(body).first.some((byte) => !excluded.has(byte) && rawNext(body, byte) !== NOTHING)
  const empty = { nodes, targets, leastBytes, plain, nullable, hasOther, limit: limits.emptiness, ...counts }
  const isEmpty = emptiness(empty)
  const headOf = (regex: Regex): Node => {
    const node = nodes[regex]!
    return node.kind === 'concat' ? nodes[node.head]! : node
  }
  const next = (regex: Regex, byte: number): Regex => {
    const isPlain = plain[regex]!
    const known = isPlain ? raw.get(regex, byte) : pruned.get(regex, byte)
    if (known !== UNKNOWN) return known
    if (!isPlain) {
      // Each text left out tells bytes apart in its own way: kept by byte they would cost more than they save.
      const isExcept = headOf(regex).kind === 'except'
      const target = isExcept ? derivative(regex, byte) : rawNext(regex, byte)
      const alive = isEmpty(target) ? NOTHING : target
      if (!isExcept) pruned.set(regex, byte, alive)
      return alive
    }
    const node = nodes[regex]!
    const head = node.kind === 'concat' ? nodes[node.head]! : node
    if (node.kind === 'concat' && head.kind === 'bytes') return hasByte(head.set, byte) ? node.tail : NOTHING
    return rawNext(regex, byte)
  }
  return {
    row: (regex) => Int32Array.from({ length: 256 }, (_, byte) => next(regex, byte)),
    next,
    onlyByte(regex) {
      const head = headOf(regex)
      return head.kind === 'bytes' ? head.only : -1
    },
    isEmpty,
    rawNext,
    ...counts,
    rowBytes: () => raw.bytes + pruned.bytes,
  }
}

/** Partitions of the bytes by which a derivative can differ. */
function byteClasses(nodes: readonly Node[], nullable: readonly boolean[]): (regex: Regex) => Partition {
  const { of, both } = partitions()
  const known: (Partition | undefined)[] = []
  const whole = of(() => 0)
  const each = of((byte) => byte)
  /** Each of these bytes for itself, all others together. */
  const singles = (bytes: Iterable<number>): Partition => {
    const wanted = new Set(bytes)
    return of((byte) => (wanted.has(byte) ? byte : 256))
  }
  const compute = (node: Node): Partition => {
    if (node.kind === 'bytes') return of((byte) => Number(hasByte(node.set, byte)))
    if (node.kind === 'concat') {
      return nullable[node.head] ? both(classes(node.head), classes(node.tail)) : classes(node.head)
    }
    if (node.kind === 'or' || node.kind === 'and') {
      let all = whole
      for (const part of node.parts) all = both(all, classes(part))
      return all
    }
    if (node.kind === 'not' || node.kind === 'repeat') return classes(node.body)
    if (node.kind === 'except') return both(classes(node.body), singles(node.excluded.children.keys()))
    if (node.kind !== 'automaton') return whole
    const { alphabet } = node.automaton
    return alphabet === undefined ? each : singles(Array.from(alphabet, (letter) => letter.charCodeAt(0)))
  }
  const classes = (regex: Regex): Partition => {
    const found = known[regex]
    if (found) return found
    const made = compute(nodes[regex]!)
    // Without gaps: the runtime makes a map of an array with them.
    while (known.length <= regex) known.push(undefined)
    known[regex] = made
    return made
  }
  return classes
}
