/**
 * Intersections with a length: `pattern ∧ character{min,max}`. Whether such a language has a text depends on `max` only through
 * the shortest text that the rest allows, so what is learned without the bound serves for all of them.
 */
import { bestFirst } from './best-first.ts'
import type { RegexNode as Node, Regex } from './regexes.ts'

/** An intersection one part of which counts units. */
export interface Counted {
  /** The same without the bound. */
  readonly free: Regex
  /** What is counted, such as the characters of a string; no unit begins another. */
  readonly unit: Regex
  /** Units that may still begin. */
  readonly max: number
}

export interface CountedParts {
  readonly nodes: readonly Node[]
  readonly nullable: readonly boolean[]
  readonly and: (parts: readonly Regex[]) => Regex
  readonly concat: (...parts: readonly Regex[]) => Regex
  readonly repeat: (body: Regex, min: number, max: number) => Regex
  /** Derivatives by any byte. */
  readonly targets: (regex: Regex) => ReadonlySet<Regex>
  readonly leastBytes: (regex: Regex) => number
  /** Regexes looked at before giving up. */
  readonly limit: number
}

export interface Counting {
  countedOf(regex: Regex): Counted | undefined
  /**
   * Units that a text of `free` begins: one that begins `enough` at most, or the shortest; Infinity where there is no text,
   * undefined where nobody can tell.
   */
  need(free: Regex, unit: Regex, enough: number): number | undefined
}

/** Bounds up to this one are left to the search of residuals. */
const SMALL = 8

interface Counter {
  /** The rest of a unit that has begun; none between units. */
  readonly head: Regex | undefined
  readonly unit: Regex
  readonly min: number
  readonly max: number
}

export function counting(parts: CountedParts): Counting {
  const { nodes, nullable, and, concat, repeat } = parts
  const known = new Map<Regex, Counted | undefined>()
  const counterOf = (regex: Regex): Counter | undefined => {
    const node = nodes[regex]!
    if (node.kind === 'repeat') return { head: undefined, unit: node.body, min: node.min, max: node.max }
    if (node.kind !== 'concat' || nullable[node.head]) return undefined
    const tail = nodes[node.tail]!
    if (tail.kind === 'repeat') return { head: node.head, unit: tail.body, min: tail.min, max: tail.max }
    return undefined
  }
  const compute = (regex: Regex): Counted | undefined => {
    const node = nodes[regex]!
    if (node.kind !== 'and') return undefined
    let bound: { readonly part: Regex; readonly counter: Counter } | undefined
    for (const part of node.parts) {
      const counter = counterOf(part)
      if (!counter || counter.max === Infinity || counter.max <= SMALL || nullable[counter.unit]) continue
      if (!bound || counter.max > bound.counter.max) bound = { part, counter }
    }
    if (!bound) return undefined
    const { head, unit, min, max } = bound.counter
    const endless = repeat(unit, min, Infinity)
    const others = node.parts.filter((part) => part !== bound.part)
    return { free: and([...others, head === undefined ? endless : concat(head, endless)]), unit, max }
  }
  /** Whether the next byte begins a unit; undefined where it cannot be seen. */
  const isBetween = (regex: Regex, unit: Regex): boolean | undefined => {
    const node = nodes[regex]!
    for (const part of node.kind === 'and' ? node.parts : [regex]) {
      const counter = counterOf(part)
      if (counter?.unit === unit && counter.max === Infinity) return counter.head === undefined
    }
    return undefined
  }
  return {
    countedOf(regex) {
      if (known.has(regex)) return known.get(regex)
      const made = compute(regex)
      known.set(regex, made)
      return made
    },
    need: needs(parts, isBetween),
  }
}

/** Units that a text begins. Lengths are kept. */
function needs(parts: CountedParts, isBetween: (regex: Regex, unit: Regex) => boolean | undefined): Counting['need'] {
  const { nullable, targets, limit } = parts
  const byUnit = new Map<Regex, { readonly exact: Map<Regex, number>; readonly some: Map<Regex, number> }>()

  /** Bytes of some texts: where units cannot be seen, there are no more of them than bytes. */
  const bytes = new Map<Regex, number>()

  /** Of the text that is found first when the shortest residual is looked at first; Infinity where there is none. Without a unit, its bytes. */
  const some = (start: Regex, unit: Regex | undefined, lengths: Map<Regex, number>): number | undefined => {
    const units = new Map<Regex, number>([[start, 0]])
    const cameFrom = new Map<Regex, Regex>()
    const queue = bestFirst(parts.leastBytes)
    queue.add(start)
    for (let at = queue.take(); at !== undefined; at = queue.take()) {
      const rest = nullable[at] ? 0 : lengths.get(at)
      if (rest !== undefined) return along(lengths, cameFrom, units, at, rest)
      const begins = unit === undefined || isBetween(at, unit)
      if (begins === undefined || units.size > limit) return undefined
      for (const target of targets(at)) {
        if (target === 0 || units.has(target)) continue
        units.set(target, units.get(at)! + Number(begins))
        cameFrom.set(target, at)
        queue.add(target)
      }
    }
    return Infinity
  }
  /** Of the shortest: breadth first, the bytes within a unit for nothing. */
  const exact = (start: Regex, unit: Regex, lengths: Map<Regex, number>): number | undefined => {
    const units = new Map<Regex, number>([[start, 0]])
    const cameFrom = new Map<Regex, Regex>()
    let best = Infinity
    let last = start
    let level = [start]
    for (let count = 0; count < best && level.length > 0; count++) {
      const next: Regex[] = []
      for (let i = 0; i < level.length; i++) {
        const at = level[i]!
        if (units.get(at)! < count) continue
        const rest = nullable[at] ? 0 : lengths.get(at)
        if (rest !== undefined) {
          if (count + rest < best) [best, last] = [count + rest, at]
          continue
        }
        const begins = isBetween(at, unit)
        if (begins === undefined || units.size > limit) return undefined
        const after = count + Number(begins)
        for (const target of targets(at)) {
          if (target === 0 || (units.get(target) ?? Infinity) <= after) continue
          units.set(target, after)
          cameFrom.set(target, at)
          if (begins) next.push(target)
          else level.push(target)
        }
      }
      level = next
    }
    return along(lengths, cameFrom, units, last, best - units.get(last)!)
  }
  return (start, unit, enough) => {
    const known = byUnit.get(unit) ?? { exact: new Map(), some: new Map() }
    byUnit.set(unit, known)
    const shortest = known.exact.get(start)
    if (shortest !== undefined) return shortest
    const found = known.some.get(start) ?? some(start, unit, known.some)
    if (found === undefined) {
      const length = bytes.get(start) ?? some(start, undefined, bytes)
      return length === undefined || length <= enough || length === Infinity ? length : undefined
    }
    return found <= enough || found === Infinity ? found : exact(start, unit, known.exact)
  }
}

/** Keeps the lengths of what lies on a way that ends at `last`, `rest` before a text. @returns The first one's. */
function along(
  lengths: Map<Regex, number>,
  cameFrom: ReadonlyMap<Regex, Regex>,
  units: ReadonlyMap<Regex, number>,
  last: Regex,
  rest: number,
): number {
  const whole = units.get(last)! + rest
  for (let at: Regex | undefined = last; at !== undefined; at = cameFrom.get(at))
    lengths.set(at, whole - units.get(at)!)
  return whole
}
