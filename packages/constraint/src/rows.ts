import { leastBytesOf } from './best-first.ts'
import { hasByte } from './byte-sets.ts'
import { type CountedParts, type Counting, counting } from './counted.ts'
import { emptiness } from './emptiness.ts'
import type { Limits } from './limits.ts'
import type { RegexNode as Node, Regex, Regexes } from './regexes.ts'

const NOTHING: Regex = 0
/** Of a row with its object. */
const ROW_BYTES = 1152
/** A few are always kept, however small the limit. */
const LEAST_ROWS = 64

interface RowParts extends Omit<CountedParts, 'rawRow' | 'leastBytes' | 'limit'> {
  readonly plain: readonly boolean[]
  readonly derivative: (regex: Regex, byte: number) => Regex
  readonly limits: Limits
}

export interface RowCache {
  /** Bytes of the transitions that are kept, about. */
  rowBytes(): number
}

type Rows = Pick<Regexes, 'row' | 'next' | 'onlyByte' | 'isEmpty'> &
  RowCache &
  Counting & {
    /** Derivatives by byte, empty ones not yet recognised. */
    readonly rawRow: (regex: Regex) => Int32Array
    readonly knownRow: (regex: Regex) => Int32Array | undefined
  }

/** The lazy automaton: transitions by residual. */
export function rowsOf(parts: RowParts): Rows {
  const { nodes, plain, nullable, derivative, limits } = parts
  const raw: (Int32Array | undefined)[] = []
  const pruned: (Int32Array | undefined)[] = []
  const most = Math.max(LEAST_ROWS, Math.floor(limits.cacheBytes / 2 / ROW_BYTES))
  let rowCount = 0
  const keep = (rows: (Int32Array | undefined)[], regex: Regex, made: Int32Array): Int32Array => {
    if (++rowCount > most) {
      raw.length = 0
      pruned.length = 0
      rowCount = 1
    }
    rows[regex] = made
    return made
  }
  const classes = byteClasses(nodes, nullable)
  const rawRow = (regex: Regex): Int32Array => {
    const known = raw[regex]
    if (known) return known
    const row = new Int32Array(256)
    const partition = classes(regex)
    if (partition === undefined) for (let byte = 0; byte < 256; byte++) row[byte] = derivative(regex, byte)
    else {
      const targets = partition.first.map((byte) => derivative(regex, byte))
      for (let byte = 0; byte < 256; byte++) row[byte] = targets[partition.classOf[byte]!]!
    }
    return keep(raw, regex, row)
  }
  const leastBytes = leastBytesOf(nodes, nullable)
  const counts = counting({ ...parts, rawRow, leastBytes, limit: limits.emptiness })
  const isEmpty = emptiness({ nodes, rawRow, leastBytes, plain, nullable, limit: limits.emptiness, ...counts })
  const row = (regex: Regex): Int32Array => {
    if (plain[regex]) return rawRow(regex)
    const known = pruned[regex]
    if (known) return known
    return keep(
      pruned,
      regex,
      rawRow(regex).map((target) => (isEmpty(target) ? NOTHING : target)),
    )
  }
  const only = (regex: Regex): number => {
    const node = nodes[regex]!
    const head = node.kind === 'concat' ? nodes[node.head]! : node
    return head.kind === 'bytes' ? head.only : -1
  }
  const next = (regex: Regex, byte: number): Regex => {
    const known = plain[regex] ? raw[regex] : pruned[regex]
    if (known) return known[byte]!
    const node = nodes[regex]!
    if (node.kind === 'concat' && plain[regex]) {
      const head = nodes[node.head]!
      if (head.kind === 'bytes') return hasByte(head.set, byte) ? node.tail : NOTHING
    }
    return row(regex)[byte]!
  }
  return {
    row,
    next,
    onlyByte: only,
    isEmpty,
    rawRow,
    knownRow: (regex) => raw[regex],
    ...counts,
    rowBytes: () => rowCount * ROW_BYTES,
  }
}

/** Bytes that no derivative tells apart, as classes. */
interface Partition {
  readonly id: number
  /** [256]: class by byte. */
  readonly classOf: Uint8Array
  /** [classes]: the first byte of each. */
  readonly first: readonly number[]
}

interface Partitions {
  /** @param nameOf Bytes of one class have the same name. */
  of(nameOf: (byte: number) => number): Partition
  /** The coarsest partition that tells apart what either does. */
  both(a: Partition, b: Partition): Partition
}

/** Equal partitions are one object. */
function partitions(): Partitions {
  const known = new Map<string, Partition>()
  const pairs = new Map<number, Partition>()
  const of = (nameOf: (byte: number) => number): Partition => {
    const names = new Map<number, number>()
    const first: number[] = []
    const classOf = new Uint8Array(256)
    for (let byte = 0; byte < 256; byte++) {
      const name = nameOf(byte)
      let each = names.get(name)
      if (each === undefined) {
        each = first.push(byte) - 1
        names.set(name, each)
      }
      classOf[byte] = each
    }
    const key = String.fromCharCode(...classOf)
    const found = known.get(key)
    if (found) return found
    const made = { id: known.size, classOf, first }
    known.set(key, made)
    return made
  }
  return {
    of,
    both(a, b) {
      if (a === b || b.first.length === 1) return a
      if (a.first.length === 1) return b
      const key = Math.min(a.id, b.id) * 2 ** 24 + Math.max(a.id, b.id)
      const found = pairs.get(key)
      if (found) return found
      const made = of((byte) => a.classOf[byte]! * 256 + b.classOf[byte]!)
      pairs.set(key, made)
      return made
    },
  }
}

/** Partitions of the bytes by which a derivative can differ; undefined where each byte is its own. */
function byteClasses(nodes: readonly Node[], nullable: readonly boolean[]): (regex: Regex) => Partition | undefined {
  const { of, both } = partitions()
  const known = new Map<Regex, Partition | undefined>()
  const whole = of(() => 0)
  /** Each of these bytes for itself, all others together. */
  const singles = (bytes: Iterable<number>): Partition => {
    const wanted = new Set(bytes)
    return of((byte) => (wanted.has(byte) ? byte : 256))
  }
  const refine = (a: Partition | undefined, b: Partition | undefined): Partition | undefined => a && b && both(a, b)
  const compute = (node: Node): Partition | undefined => {
    if (node.kind === 'bytes') return of((byte) => Number(hasByte(node.set, byte)))
    if (node.kind === 'concat') {
      return nullable[node.head] ? refine(classes(node.head), classes(node.tail)) : classes(node.head)
    }
    if (node.kind === 'or' || node.kind === 'and') return node.parts.map(classes).reduce(refine)
    if (node.kind === 'not' || node.kind === 'repeat') return classes(node.body)
    if (node.kind === 'except') return refine(classes(node.body), singles(node.excluded.children.keys()))
    if (node.kind !== 'automaton') return whole
    const { alphabet } = node.automaton
    return alphabet === undefined ? undefined : singles(Array.from(alphabet, (each) => each.charCodeAt(0)))
  }
  const classes = (regex: Regex): Partition | undefined => {
    if (known.has(regex)) return known.get(regex)
    const made = compute(nodes[regex]!)
    known.set(regex, made)
    return made
  }
  return classes
}
