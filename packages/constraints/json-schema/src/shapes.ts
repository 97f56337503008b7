import type { Regex } from '@foretoken/constraint'
import type { Located } from './resources.ts'

/** A value that must satisfy all of some schemas, or the opposite of some. Interned: equal demands are one object. */
export interface Node {
  readonly id: number
  readonly demands: readonly Demand[]
}

/** A schema, or another node, that must hold or must not. */
export type Demand =
  | { readonly kind: 'schema'; readonly schema: Located; readonly isNegated: boolean }
  | { readonly kind: 'node'; readonly node: Node; readonly isNegated: true }

/** A set of values: the union of its parts. */
export interface Values {
  readonly null: boolean
  readonly true: boolean
  readonly false: boolean
  readonly strings: Regex
  readonly numbers: Regex
  readonly arrays: readonly ArrayShape[]
  readonly objects: readonly ObjectShape[]
}

/** Keys of a language whose values must satisfy a node. */
export interface KeyClass {
  readonly keys: Regex
  readonly node: Node
}

export interface ObjectShape {
  readonly properties: ReadonlyMap<string, Node>
  readonly required: ReadonlySet<string>
  /** Disjoint; for keys that `properties` does not name. A key in none of them is not allowed. */
  readonly classes: readonly KeyClass[]
  readonly min: number
  readonly max: number
  /** For each of these, at least one key in the language has a value of the node. */
  readonly some: readonly KeyClass[]
  /** Keys that some keyword has looked at, for `unevaluatedProperties`; kept only where a schema has that keyword. */
  readonly evaluated: readonly Regex[]
}

export interface Containing {
  readonly node: Node
  readonly min: number
  readonly max: number
}

export interface ArrayShape {
  readonly prefix: readonly Node[]
  /** Items after the prefix. */
  readonly items: Node
  readonly min: number
  readonly max: number
  readonly contains: readonly Containing[]
  readonly isUnique: boolean
  /** Items that some keyword has looked at, for `unevaluatedItems`: so many at the beginning, and those that satisfy a node. */
  readonly evaluated: number
  readonly matching: readonly Node[]
}

const idsOf = (nodes: readonly Node[]): string => nodes.map(({ id }) => id).join()

const classesOf = (classes: readonly KeyClass[]): string =>
  classes
    .map(({ keys, node }) => `${keys}:${node.id}`)
    .sort()
    .join()

/** Equal for shapes that are made alike, so that many of them can be told apart. */
export function keyOfShape(shape: ObjectShape | ArrayShape): string {
  const { min, max } = shape
  if ('prefix' in shape) {
    const { prefix, items, contains, isUnique, evaluated, matching } = shape
    const counts = contains.map((each) => `${each.node.id} ${each.min} ${each.max}`).sort()
    return [min, max, idsOf(prefix), items.id, counts, isUnique, evaluated, idsOf(matching)].join(';')
  }
  const properties = [...shape.properties].map(([key, { id }]) => `${JSON.stringify(key)}:${id}`)
  const required = JSON.stringify([...shape.required].sort())
  const keys = [...new Set(shape.evaluated)].sort().join()
  return [min, max, properties.sort(), required, classesOf(shape.classes), classesOf(shape.some), keys].join(';')
}
