/** Values with one spelling each, as a regular language: what can be told apart by its text. */
import type { Regex } from '@foretoken/constraint'
import type { EmitParts } from './emit.ts'
import type { ArrayShape, Node, ObjectShape } from './shapes.ts'

/** Arrays and objects within each other. */
const MOST_DEPTH = 4
/** Named properties of an object. */
const MOST_NAMED = 64

interface Level {
  readonly depth: number
  /** Whether several shapes could hold the same value, so that only sorted keys stand in one order. */
  readonly isMixed: boolean
}

/**
 * Texts of values of a node, equal texts for equal values and different ones for different values. Not of all values: those nested
 * deeply are left out, arrays that `contains` or `uniqueItems` asks something of, objects with several keys that have no name.
 */
export function canonicalTexts(parts: Omit<EmitParts, 'canonical'>): (node: Node) => Regex {
  const { regexes, meaning, layout, scalars } = parts
  const { concat, literal, or } = regexes
  const known = new Map<string, Regex>()
  const spaceOf = (space: Regex): string => (regexes.matches(space, Uint8Array.of(32)) ? ' ' : '')
  const comma = literal(`,${spaceOf(layout.afterComma)}`)
  const colon = literal(`:${spaceOf(layout.afterColon)}`)
  const quoted = (keys: Regex): Regex => concat(literal('"'), keys, literal('"'))

  const textsOf = (node: Node, level: Level): Regex => {
    const key = `${node.id} ${level.depth} ${level.isMixed}`
    const found = known.get(key)
    if (found !== undefined) return found
    const { arrays, objects } = meaning.valuesOf(node)
    const below = { depth: level.depth - 1, isMixed: level.isMixed || arrays.length > 1 || objects.length > 1 }
    const nested =
      level.depth === 0
        ? []
        : [...arrays.map((each) => arrayOf(each, below)), ...objects.map((each) => objectOf(each, below))]
    const made = or([scalars(node), ...nested])
    known.set(key, made)
    return made
  }
  const arrayOf = ({ prefix, items, min, max, contains, isUnique }: ArrayShape, below: Level): Regex => {
    if (contains.length > 0 || (isUnique && max > 1) || min > max) return regexes.or([])
    const after = (index: number, rest: Regex): Regex => (index > 0 ? concat(comma, rest) : rest)
    const endOr = (index: number, more: Regex): Regex => (index < min ? more : or([literal(''), more]))
    const each = textsOf(items, below)
    const count = prefix.length
    const [least, most] = [Math.max(0, min - count - 1), max - count - 1]
    const none = regexes.or([])
    let rest = endOr(
      count,
      most < 0 ? none : concat(after(count, each), regexes.repeat(concat(comma, each), least, most)),
    )
    for (let i = count - 1; i >= 0; i--) {
      rest = endOr(i, i >= max ? none : concat(after(i, textsOf(prefix[i]!, below)), rest))
    }
    return concat(literal('['), rest, literal(']'))
  }
  const objectOf = (shape: ObjectShape, below: Level): Regex => {
    const named = new Set([...shape.properties.keys(), ...shape.required])
    if (shape.some.length > 0 || named.size > MOST_NAMED) return regexes.or([])
    return concat(
      literal('{'),
      named.size === 0 ? unnamed(shape, below) : members(shape, [...named], below),
      literal('}'),
    )
  }
  /** No key, or one. */
  const unnamed = ({ classes, min, max }: ObjectShape, below: Level): Regex => {
    const one = classes.map(({ keys, node }) => concat(quoted(keys), colon, textsOf(node, below)))
    return or([...(min === 0 ? [literal('')] : []), ...(min <= 1 && max >= 1 ? one : [])])
  }
  /** Keys that have a name, in one order. */
  const members = (shape: ObjectShape, names: readonly string[], below: Level): Regex => {
    const order = below.isMixed ? [...names].sort() : names
    const pairs = order.map((key) =>
      concat(quoted(parts.texts.exactly(key)), colon, textsOf(parts.algebra.at(shape, key), below)),
    )
    const cap = shape.max === Infinity ? shape.min : shape.max
    const made = new Map<string, Regex>()
    const from = (i: number, count: number): Regex => {
      if (i === pairs.length) return count >= shape.min ? literal('') : or([])
      const key = `${i} ${count}`
      const found = made.get(key)
      if (found !== undefined) return found
      const next = shape.max === Infinity ? Math.min(count + 1, Math.max(1, cap)) : count + 1
      const taken = count < shape.max ? concat(...(count > 0 ? [comma] : []), pairs[i]!, from(i + 1, next)) : or([])
      const rest = shape.required.has(order[i]!) ? taken : or([taken, from(i + 1, count)])
      made.set(key, rest)
      return rest
    }
    return from(0, 0)
  }
  return (node) => textsOf(node, { depth: MOST_DEPTH, isMixed: false })
}
