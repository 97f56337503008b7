/** `unevaluatedProperties` and `unevaluatedItems`: what no keyword of the schema, nor of those it applies in place, has looked at. */
import type { ReadParts } from './read-schema.ts'
import type { ArrayShape, Node, ObjectShape } from './shapes.ts'

/** The shape whose keys that were not evaluated have values of `node`. All keys are evaluated then. */
export function withUnevaluatedProperties(shape: ObjectShape, node: Node, parts: ReadParts): ObjectShape {
  const { texts, regexes, nodes } = parts
  const evaluated = texts.either(shape.evaluated)
  const rest = texts.without(evaluated)
  const classes = shape.classes
    .flatMap((each) => [
      { keys: texts.both(each.keys, evaluated), node: each.node },
      { keys: texts.both(each.keys, rest), node: nodes.both(each.node, node) },
    ])
    .filter((each) => each.node !== nodes.never && !regexes.isEmpty(each.keys))
  const properties = [...shape.properties].map(([key, own]): [string, Node] => [
    key,
    texts.holds(evaluated, key) ? own : nodes.both(own, node),
  ])
  return { ...shape, properties: new Map(properties), classes, evaluated: [texts.all] }
}

/** The shape whose items that were not evaluated have values of `node`. All items are evaluated then. */
export function withUnevaluatedItems(shape: ArrayShape, node: Node, { nodes }: ReadParts): ArrayShape {
  const { evaluated, matching } = shape
  const all = { ...shape, evaluated: Infinity, matching: [] }
  if (evaluated === Infinity) return all
  const allowed = nodes.either([node, ...matching])
  const length = Math.max(evaluated, shape.prefix.length)
  const prefix = Array.from({ length }, (_, i) => {
    const own = shape.prefix[i] ?? shape.items
    return i < evaluated ? own : nodes.both(own, allowed)
  })
  return { ...all, prefix, items: nodes.both(shape.items, allowed) }
}
