import { hasByte } from './byte-sets.ts'
import { emptiness } from './emptiness.ts'
import type { Limits } from './limits.ts'
import type { RegexNode as Node, Regex, Regexes } from './regexes.ts'

const NOTHING: Regex = 0

interface RowParts {
  readonly nodes: readonly Node[]
  readonly plain: readonly boolean[]
  readonly nullable: readonly boolean[]
  readonly derivative: (regex: Regex, byte: number) => Regex
  readonly limits: Limits
}

type Rows = Pick<Regexes, 'row' | 'next' | 'onlyByte' | 'isEmpty'> & {
  /** Derivatives by byte, empty ones not yet recognised. */
  readonly rawRow: (regex: Regex) => Int32Array
  readonly knownRow: (regex: Regex) => Int32Array | undefined
}

/** The lazy automaton: transitions by residual. */
export function rowsOf(parts: RowParts): Rows {
  const { nodes, plain, nullable, derivative, limits } = parts
  const raw: (Int32Array | undefined)[] = []
  const pruned: (Int32Array | undefined)[] = []
  const classes = byteClasses(nodes, nullable)
  const rawRow = (regex: Regex): Int32Array => {
    const known = raw[regex]
    if (known) return known
    const row = new Int32Array(256)
    const classOf = classes(regex)
    const targets = new Int32Array(257).fill(-1)
    for (let byte = 0; byte < 256; byte++) {
      const each = classOf === undefined ? byte : classOf[byte]!
      if (targets[each] === -1) targets[each] = derivative(regex, byte)
      row[byte] = targets[each]!
    }
    raw[regex] = row
    return row
  }
  const isEmpty = emptiness({ rawRow, plain, nullable, limit: limits.emptiness })
  const row = (regex: Regex): Int32Array => {
    if (plain[regex]) return rawRow(regex)
    const known = pruned[regex]
    if (known) return known
    const made = rawRow(regex).map((target) => (isEmpty(target) ? NOTHING : target))
    pruned[regex] = made
    return made
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
  return { row, next, onlyByte: only, isEmpty, rawRow, knownRow: (regex) => raw[regex] }
}

/** Each of these bytes for itself, all others together. */
function singles(bytes: Iterable<number>): Uint8Array {
  const classOf = new Uint8Array(256)
  let count = 0
  for (const byte of bytes) classOf[byte] = ++count
  return classOf
}

/** Partitions of the bytes by which a derivative can differ: class by byte, or undefined where each is its own. */
function byteClasses(nodes: readonly Node[], nullable: readonly boolean[]): (regex: Regex) => Uint8Array | undefined {
  const known = new Map<Regex, Uint8Array | undefined>()
  const refine = (a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined => {
    if (!a || !b) return undefined
    const names = new Map<number, number>()
    const both = new Uint8Array(256)
    for (let byte = 0; byte < 256; byte++) {
      const key = a[byte]! * 256 + b[byte]!
      const name = names.get(key) ?? names.size
      names.set(key, name)
      both[byte] = name
    }
    return both
  }
  const compute = (node: Node): Uint8Array | undefined => {
    if (node.kind === 'bytes') return Uint8Array.from({ length: 256 }, (_, byte) => Number(hasByte(node.set, byte)))
    if (node.kind === 'concat') {
      return nullable[node.head] ? refine(classes(node.head), classes(node.tail)) : classes(node.head)
    }
    if (node.kind === 'or' || node.kind === 'and') return node.parts.map(classes).reduce(refine)
    if (node.kind === 'not' || node.kind === 'repeat') return classes(node.body)
    if (node.kind === 'except') return refine(classes(node.body), singles(node.excluded.children.keys()))
    if (node.kind !== 'automaton') return new Uint8Array(256)
    const { alphabet } = node.automaton
    return alphabet === undefined ? undefined : singles(Array.from(alphabet, (each) => each.charCodeAt(0)))
  }
  const classes = (regex: Regex): Uint8Array | undefined => {
    if (known.has(regex)) return known.get(regex)
    const made = compute(nodes[regex]!)
    known.set(regex, made)
    return made
  }
  return classes
}
