import type { ByteSet } from './byte-sets.ts'
import type { RegexNode as Node, Regex } from './regexes.ts'

/** Longer sequences are not looked at. */
const MOST_PARTS = 256

/** What `x*` makes needless beside it. */
export interface Stars {
  /** Whether a tail begins with what `head` repeats, without an end: `x* x{2,}` is `x{2,}`. */
  absorbs(tail: Regex, head: Regex): boolean
  /** Of alternatives, those that no `x*` among them surely holds. */
  widest(parts: readonly Regex[]): readonly Regex[]
  /** Of parts of an intersection, those but for each `x*` that surely holds another. */
  narrowest(parts: readonly Regex[]): readonly Regex[]
}

export function starsOf(nodes: readonly Node[]): Stars {
  const isWithin = withinUnits(nodes)
  const unitOf = (regex: Regex): Regex | undefined => {
    const node = nodes[regex]!
    return node.kind === 'repeat' && node.min === 0 && node.max === Infinity ? node.body : undefined
  }
  return {
    absorbs(tail, head) {
      const unit = unitOf(head)
      const node = nodes[tail]!
      const first = unit !== undefined && node.kind === 'concat' ? nodes[node.head]! : node
      return unit !== undefined && first.kind === 'repeat' && first.max === Infinity && first.body === unit
    },
    // One after another: of two that hold each other one must stay.
    widest(parts) {
      let left = parts
      for (const star of parts) {
        const unit = unitOf(star)
        if (unit !== undefined && left.includes(star)) {
          left = left.filter((part) => part === star || !isWithin(part, unit))
        }
      }
      return left
    },
    narrowest(parts) {
      let left = parts
      for (const star of parts) {
        const unit = unitOf(star)
        if (unit !== undefined && left.some((part) => part !== star && isWithin(part, unit))) {
          left = left.filter((part) => part !== star)
        }
      }
      return left
    },
  }
}

/**
 * Whether every text of a regex is a sequence of units, by structure: true is certain, false is not. So `or` and `and` can leave
 * out what `unit*` makes needless, above all once a pattern that may stand anywhere has been found.
 */
function withinUnits(nodes: readonly Node[]): (regex: Regex, unit: Regex) => boolean {
  const known = new Map<Regex, Map<Regex, boolean>>()
  const chainOf = (regex: Regex): Regex[] => {
    const chain: Regex[] = []
    let at = regex
    for (let node = nodes[at]!; node.kind === 'concat' && chain.length < MOST_PARTS; node = nodes[at]!) {
      chain.push(node.head)
      at = node.tail
    }
    chain.push(at)
    return chain
  }
  /** Whether one language surely holds another. */
  const covers = (whole: Regex, part: Regex): boolean => {
    if (whole === part) return true
    const [a, b] = [nodes[whole]!, nodes[part]!]
    if (b.kind === 'or') return b.parts.every((each) => covers(whole, each))
    if (a.kind === 'or') return a.parts.some((each) => covers(each, part))
    return a.kind === 'bytes' && b.kind === 'bytes' && isSubset(b.set, a.set)
  }
  /** How many parts of a chain, from one on, are one unit; 0 where that cannot be seen. */
  const unitAt = (chain: readonly Regex[], from: number, unit: Regex): number => {
    if (covers(unit, chain[from]!)) return 1
    const node = nodes[unit]!
    for (const way of node.kind === 'or' ? node.parts : [unit]) {
      const parts = chainOf(way)
      if (parts.length > 1 && parts.every((part, i) => from + i < chain.length && covers(part, chain[from + i]!))) {
        return parts.length
      }
    }
    return 0
  }
  const compute = (regex: Regex, unit: Regex): boolean => {
    const node = nodes[regex]!
    if (node.kind === 'empty' || regex === unit) return true
    if (node.kind === 'or') return node.parts.every((part) => isWithin(part, unit))
    if (node.kind === 'and') return node.parts.some((part) => isWithin(part, unit))
    if (node.kind === 'repeat' || node.kind === 'except') return isWithin(node.body, unit)
    const chain = chainOf(regex)
    if (chain.length > MOST_PARTS) return false
    for (let i = 0; i < chain.length; ) {
      const size = unitAt(chain, i, unit) || Number(chain.length > 1 && isWithin(chain[i]!, unit))
      if (size === 0) return false
      i += size
    }
    return true
  }
  const isWithin = (regex: Regex, unit: Regex): boolean => {
    const verdicts = known.get(unit) ?? new Map<Regex, boolean>()
    known.set(unit, verdicts)
    const found = verdicts.get(regex) ?? compute(regex, unit)
    verdicts.set(regex, found)
    return found
  }
  return isWithin
}

function isSubset(part: ByteSet, whole: ByteSet): boolean {
  return part.every((word, i) => (word & ~whole[i]!) === 0)
}
