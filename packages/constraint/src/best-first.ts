import type { RegexNode as Node, Regex } from './regexes.ts'

/** Lower bound of the bytes of a language's shortest text, from its structure alone. */
export function leastBytesOf(nodes: readonly Node[], nullable: readonly boolean[]): (regex: Regex) => number {
  const known = new Map<Regex, number>()
  const compute = (regex: Regex): number => {
    if (nullable[regex]) return 0
    const node = nodes[regex]!
    switch (node.kind) {
      case 'concat': {
        let sum = 0
        let at = regex
        for (let each: Node = node; each.kind === 'concat'; each = nodes[at]!) {
          sum += leastBytes(each.head)
          at = each.tail
        }
        return sum + leastBytes(at)
      }
      case 'or':
        return Math.min(...node.parts.map(leastBytes))
      case 'and':
        return Math.max(...node.parts.map(leastBytes))
      case 'repeat':
        return node.min * leastBytes(node.body)
      case 'except':
        return leastBytes(node.body)
      default:
        return 1
    }
  }
  const leastBytes = (regex: Regex): number => {
    const found = known.get(regex)
    if (found !== undefined) return found
    const made = compute(regex)
    known.set(regex, made)
    return made
  }
  return leastBytes
}

/** Residuals still to be looked at, those with the shortest texts first: a way to a text is mostly found without detours. */
export function bestFirst(leastBytes: (regex: Regex) => number): {
  add(regex: Regex): void
  take(): Regex | undefined
} {
  const buckets: Regex[][] = []
  let first = 0
  return {
    add(regex) {
      const bucket = Math.min(MOST, leastBytes(regex))
      const list = buckets[bucket]
      if (list) list.push(regex)
      else buckets[bucket] = [regex]
      first = Math.min(first, bucket)
    },
    take() {
      while (first < buckets.length && !buckets[first]?.length) first++
      return buckets[first]?.pop()
    },
  }
}

/** Longer ones are taken in any order. */
const MOST = 4096
