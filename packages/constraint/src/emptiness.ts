import { bestFirst } from './best-first.ts'
import type { Counting } from './counted.ts'
import { overLimit } from './limits.ts'
import type { RegexNode as Node } from './regexes.ts'

interface EmptinessParts extends Counting {
  readonly nodes: readonly Node[]
  readonly targets: (regex: number) => ReadonlySet<number>
  /** Whether a body surely has a text that begins with none of these bytes. */
  readonly hasOther: (body: number, excluded: ReadonlyMap<number, unknown>) => boolean
  readonly leastBytes: (regex: number) => number
  readonly plain: readonly boolean[]
  readonly nullable: readonly boolean[]
  /** Regexes looked at before giving up. */
  readonly limit: number
}

/**
 * Whether a language has no text: by its parts where they tell, else by a search of the residuals for a nullable one.
 * Verdicts are kept.
 * @throws UNSUPPORTED past the limit.
 */
export function emptiness(parts: EmptinessParts): (regex: number) => boolean {
  const { nodes, targets, plain, nullable, limit, leastBytes, countedOf, need } = parts
  const verdicts = new Map<number, boolean>()
  const verdictOf = (regex: number): boolean | undefined => {
    if (regex === 0) return true
    if (nullable[regex] || plain[regex]) return false
    return verdicts.get(regex)
  }
  /** Undefined where the parts do not tell. */
  const byParts = (regex: number): boolean | undefined => {
    const node = nodes[regex]!
    if (node.kind === 'concat') return isEmpty(node.head) || isEmpty(node.tail)
    if (node.kind === 'or') return node.parts.every(isEmpty)
    if (node.kind === 'repeat') return node.min > 0 && isEmpty(node.body)
    if (node.kind === 'except' && parts.hasOther(node.body, node.excluded.children)) return false
    if (node.kind === 'automaton' && node.automaton.isAlive) return !node.automaton.isAlive(node.state)
    const counted = countedOf(regex)
    const length = counted && need(counted.free, counted.unit, counted.max)
    return length === undefined ? undefined : length > counted!.max
  }
  const isEmpty = (regex: number): boolean => {
    const known = verdictOf(regex)
    if (known !== undefined) return known
    const verdict = byParts(regex)
    if (verdict === undefined) return search(regex)
    verdicts.set(regex, verdict)
    return verdict
  }
  const search = (regex: number): boolean => {
    const queue = bestFirst(leastBytes)
    queue.add(regex)
    const cameFrom = new Map<number, number>([[regex, -1]])
    for (let at = queue.take(); at !== undefined; at = queue.take()) {
      if (cameFrom.size > limit) throw overLimit('emptiness', limit)
      for (const target of targets(at)) {
        const verdict = verdictOf(target)
        if (verdict === false) {
          for (let alive = at; alive !== -1; alive = cameFrom.get(alive)!) verdicts.set(alive, false)
          return false
        }
        if (verdict === true || cameFrom.has(target)) continue
        cameFrom.set(target, at)
        queue.add(target)
      }
    }
    for (const dead of cameFrom.keys()) verdicts.set(dead, true)
    return true
  }
  return isEmpty
}
