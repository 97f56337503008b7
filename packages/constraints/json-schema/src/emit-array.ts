import { type GrammarSymbol, type Rule, rule, terminal } from '@foretoken/constraint'
import type { EmitParts } from './emit.ts'
import { uniqueItems } from './emit-unique.ts'
import type { ArrayShape, Node } from './shapes.ts'

/** Where an array stands: items so far, and how many of each `contains` have been met. */
interface Place {
  readonly index: number
  readonly met: readonly number[]
}

/** Sequences that write an array of a shape; none where no array has it. */
export function arrayRules(parts: EmitParts): (shape: ArrayShape) => (readonly GrammarSymbol[])[] {
  const { regexes, layout } = parts
  const open = terminal(regexes.concat(regexes.literal('['), layout.inside))
  const known = new Map<ArrayShape, (readonly GrammarSymbol[])[]>()
  return (shape) => {
    const found = known.get(shape)
    if (found) return found
    const rest = shape.isUnique && shape.max > 1 ? uniqueItems(parts, shape, items) : items(parts, shape)
    const made = rest ? [[open, rest]] : []
    known.set(shape, made)
    return made
  }
}

function items(parts: EmitParts, shape: ArrayShape): Rule | undefined {
  const { regexes, nodes, meaning, layout, value } = parts
  const { prefix, min, max, contains } = shape
  const close = terminal(regexes.concat(layout.inside, regexes.literal(']')))
  const comma = terminal(regexes.concat(regexes.literal(','), layout.afterComma))
  const cap = Math.max(1, prefix.length, min, max === Infinity ? 0 : max)
  const caps = contains.map((each) => (each.max === Infinity ? each.min : each.max))
  const keyOf = ({ index, met }: Place): string => `${Math.min(index, cap)} ${met.join()}`
  const canClose = ({ index, met }: Place): boolean => index >= min && contains.every((each, i) => met[i]! >= each.min)
  /** Items that may stand here, and where each leads. */
  const choices = ({ index, met }: Place): { readonly node: Node; readonly next: Place }[] => {
    let all = [{ node: prefix[index] ?? shape.items, met: [] as number[] }]
    for (const [i, each] of contains.entries()) {
      all = all.flatMap(({ node, met: so }) => {
        const missed = {
          node: each.max === Infinity ? node : nodes.both(node, nodes.not(each.node)),
          met: [...so, met[i]!],
        }
        if (met[i]! >= each.max) return [missed]
        if (each.max === Infinity && met[i]! >= each.min) return [missed]
        return [{ node: nodes.both(node, each.node), met: [...so, Math.min(met[i]! + 1, caps[i]!)] }, missed]
      })
    }
    return all.map(({ node, met: so }) => ({ node, next: { index: index + 1, met: so } }))
  }
  /** Whether so many items can become as many as there must be. */
  const canFill = (count: number): boolean =>
    Math.max(count, min) <= max &&
    (min <= Math.max(count, prefix.length) || meaning.isPossible(shape.items)) &&
    prefix.slice(count, min).every(meaning.isPossible)
  const verdicts = new Map<string, boolean>()
  /** Whether the array can be completed from here. */
  const canEnd = (place: Place): boolean => {
    if (contains.length === 0) return canFill(place.index)
    const key = keyOf(place)
    const known = verdicts.get(key)
    if (known !== undefined) return known
    verdicts.set(key, false)
    const result =
      canClose(place) ||
      (place.index < max &&
        choices(place).some(({ node, next }) => meaning.isPossible(node) && keyOf(next) !== key && canEnd(next)))
    verdicts.set(key, result)
    return result
  }
  const rules = new Map<string, Rule>()
  const at = (place: Place): Rule => {
    const key = keyOf(place)
    const found = rules.get(key)
    if (found) return found
    const made = rule(`items ${place.index}`, () => {
      const further =
        place.index >= max
          ? []
          : choices(place)
              .filter(({ node, next }) => meaning.isPossible(node) && canEnd(next))
              .map(({ node, next }) => [...(place.index > 0 ? [comma] : []), value(node), at(next)])
      return [...(canClose(place) ? [[close]] : []), ...further]
    })
    rules.set(key, made)
    return made
  }
  const start = { index: 0, met: contains.map(() => 0) }
  return canEnd(start) ? at(start) : undefined
}
