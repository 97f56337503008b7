import { notEnforceable } from '@foretoken/constraint'
import { ForetokenError } from '@foretoken/core'
import { ownValues, type ReadParts } from './read-schema.ts'
import { isObject, type Json, type JsonObject, type Located } from './resources.ts'
import type { Node, ObjectShape, Values } from './shapes.ts'
import { withUnevaluatedItems, withUnevaluatedProperties } from './unevaluated.ts'

/** Turns nodes into the sets of values that satisfy them, and says which have none. */
export interface Meaning {
  valuesOf(node: Node): Values
  /** Whether some value satisfies a node. */
  isPossible(node: Node): boolean
  isPossibleValues(values: Values): boolean
}

const BY_ITSELF = 'it leads back to itself'

/** Branches of an `anyOf` all of whose subsets are looked at. */
const MOST_TOGETHER = 7

/**
 * A format is written in part, so its opposite must be that of a larger set: what we write of a schema is within its values,
 * what we take away is the opposite of something that its values are within.
 */
type Side = 0 | 1
const INNER = 0
const OUTER = 1

interface Memory {
  readonly known: Map<Node, Values | 'busy'>
  readonly schemas: Map<Located, Values | 'busy'>
}

const memory = (): Memory => ({ known: new Map(), schemas: new Map() })

/** Nodes looked at. */
const MOST_NODES = 60_000

/** Reads schemas and combines them; every answer is kept. */
export function meaning(parts: ReadParts): Meaning {
  const { algebra, nodes, resources, texts } = parts
  const kept = [memory(), memory()] as const
  /** Where nothing is written in part, what is within a set and what a set is within are one. */
  const otherSide = (side: Side): Side => (parts.isExact || side === OUTER ? INNER : OUTER)

  const valuesOf = (node: Node, side: Side = INNER): Values => {
    const { known } = kept[side]
    const found = known.get(node)
    if (found === 'busy') throw notEnforceable('A schema', '', BY_ITSELF)
    if (found) return found
    if (known.size > MOST_NODES) throw notEnforceable('A schema', '', `it combines into over ${MOST_NODES} schemas`)
    known.set(node, 'busy')
    try {
      const sets = node.demands.map((demand) => {
        const of = demand.isNegated ? otherSide(side) : side
        const set = demand.kind === 'schema' ? schemaValues(demand.schema, of) : valuesOf(demand.node, of)
        return demand.isNegated ? algebra.complement(set) : set
      })
      const made = sets.reduce(algebra.meet, algebra.any)
      known.set(node, made)
      return made
    } finally {
      if (known.get(node) === 'busy') known.delete(node)
    }
  }
  const schemaValues = (located: Located, side: Side): Values => {
    if (typeof located.schema === 'boolean') return located.schema ? algebra.any : algebra.none
    const { schemas } = kept[side]
    const found = schemas.get(located)
    if (found === 'busy') throw notEnforceable('$ref', located.path, BY_ITSELF)
    if (found) return found
    schemas.set(located, 'busy')
    try {
      const made = read(located, located.schema, side)
      schemas.set(located, made)
      return made
    } finally {
      if (schemas.get(located) === 'busy') schemas.delete(located)
    }
  }
  const read = (located: Located, schema: JsonObject, side: Side): Values => {
    const at = (of: Side, value: Json, ...keys: (string | number)[]): Values =>
      schemaValues(resources.child(located, value, ...keys), of)
    const list = (key: string, of = side): Values[] => {
      const value = schema[key]
      return Array.isArray(value) ? value.map((each, i) => at(of, each, key, i)) : []
    }
    const reference = schema['$ref']
    const target =
      typeof reference === 'string' ? schemaValues(resources.resolve(located, reference), side) : algebra.any
    if (typeof reference === 'string' && located.draft <= 7) return target
    let values = named(located, side, ownValues(located, side === OUTER, parts))
    const narrow = (by: Values): void => {
      values = algebra.meet(values, by)
    }
    narrow(target)
    const dynamic = schema['$dynamicRef']
    if (typeof dynamic === 'string') narrow(schemaValues(resources.resolveDynamic(located, dynamic), side))
    if (Array.isArray(schema['enum'])) narrow(algebra.union([algebra.none, ...schema['enum'].map(constant)]))
    if (schema['const'] !== undefined) narrow(constant(schema['const']))
    for (const each of list('allOf')) narrow(each)
    if (Array.isArray(schema['anyOf'])) narrow(algebra.union([algebra.none, ...withTogether(located, list('anyOf'))]))
    if (Array.isArray(schema['oneOf'])) {
      const within = (sets: readonly Values[]): Values[] => sets.map((each) => algebra.meet(values, each))
      narrow(exactlyOne(within(list('oneOf')), within(list('oneOf', otherSide(side)))))
    }
    if (schema['not'] !== undefined) narrow(algebra.complement(at(otherSide(side), schema['not'], 'not')))
    const isConditional = schema['then'] !== undefined || schema['else'] !== undefined || parts.isTracking
    if (schema['if'] !== undefined && isConditional) {
      const condition = at(side, schema['if'], 'if')
      const failed = (): Values => algebra.complement(at(otherSide(side), schema['if']!, 'if'))
      const [then, otherwise] = ['then', 'else'].map((key) =>
        schema[key] === undefined ? algebra.any : at(side, schema[key], key),
      )
      const negative = schema['else'] === false ? algebra.none : algebra.meet(failed(), otherwise!)
      narrow(algebra.union([algebra.meet(condition, then!), negative]))
    }
    for (const each of dependents(located, schema, side)) narrow(each)
    return unevaluated(located, schema, values)
  }
  /** What several of these sets hold has been evaluated by all of them. */
  const withTogether = (located: Located, sets: readonly Values[]): readonly Values[] => {
    if (!parts.isTracking) return sets
    if (sets.length > MOST_TOGETHER) {
      throw notEnforceable(
        'anyOf',
        located.path,
        `its ${sets.length} branches are too many beside unevaluated keywords`,
      )
    }
    const all: Values[] = []
    for (const set of sets) all.push(set, ...all.map((other) => pruned(algebra.meet(other, set))))
    return all
  }
  const unevaluated = (located: Located, schema: JsonObject, values: Values): Values => {
    if (located.draft < 2019) return values
    const nodeOf = (keyword: string): Node | undefined =>
      schema[keyword] === undefined ? undefined : nodes.of(resources.child(located, schema[keyword], keyword))
    const [items, properties] = [nodeOf('unevaluatedItems'), nodeOf('unevaluatedProperties')]
    return {
      ...values,
      arrays: items ? values.arrays.map((shape) => withUnevaluatedItems(shape, items, parts)) : values.arrays,
      objects: properties
        ? values.objects.map((shape) => withUnevaluatedProperties(shape, properties, parts))
        : values.objects,
    }
  }
  const objectsOnly = (shape: ObjectShape): Values => ({ ...algebra.none, objects: [shape] })
  const dependents = (located: Located, schema: JsonObject, side: Side): Values[] =>
    ['dependencies', 'dependentRequired', 'dependentSchemas'].flatMap((keyword) => {
      const map = schema[keyword]
      if (!isObject(map)) return []
      return Object.keys(map).map((key) => {
        const value = map[key]!
        const keys = Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
        const absent = {
          ...algebra.any,
          objects: [{ ...algebra.anyObject, properties: new Map([[key, nodes.never]]) }],
        }
        const present = objectsOnly({ ...algebra.anyObject, required: new Set([key, ...keys]) })
        if (Array.isArray(value)) return algebra.union([absent, present])
        return algebra.union([
          absent,
          algebra.meet(present, schemaValues(resources.child(located, value, keyword, key), side)),
        ])
      })
    })
  /** Values that exactly one set holds. @param outer The same sets, from the other side. */
  const exactlyOne = (sets: readonly Values[], outer: readonly Values[]): Values =>
    algebra.union([
      algebra.none,
      ...sets.map((set, i) => {
        const others = outer.filter((other, j) => j !== i && mayBePossible(algebra.meet(set, other)))
        return others.reduce((rest, other) => pruned(algebra.meet(rest, algebra.complement(other))), set)
      }),
    ])
  /** Without shapes that no value has. */
  const pruned = (values: Values): Values => ({
    ...values,
    objects: values.objects.filter((shape) => mayBePossible(objectsOnly(shape))),
  })
  /** Yes also where a schema that is still being read decides. */
  const mayBePossible = (values: Values): boolean => {
    const outer = open
    const wasTentative = isTentative
    open = new Set()
    try {
      return possible(values)
    } catch (error) {
      if (ForetokenError.is(error) && error.details['why'] === BY_ITSELF) return true
      throw error
    } finally {
      open = outer
      isTentative = wasTentative
    }
  }
  /** `propertyNames` says which keys there may be. */
  const named = (located: Located, side: Side, values: Values): Values => {
    const names = (located.schema as JsonObject)['propertyNames']
    if (names === undefined) return values
    const { strings } = schemaValues(resources.child(located, names, 'propertyNames'), side)
    const objects = values.objects.map((shape) => ({
      ...shape,
      properties: new Map(
        [...shape.properties].map(([key, node]) => [key, texts.holds(strings, key) ? node : nodes.never]),
      ),
      classes: shape.classes
        .map(({ keys, node }) => ({ keys: texts.both(keys, strings), node }))
        .filter(({ keys }) => !parts.regexes.isEmpty(keys)),
    }))
    return { ...values, objects }
  }
  const constant = (value: Json): Values => constantValues(value, parts)

  const sure = new Map<Node, boolean>()
  let open = new Set<Node>()
  let isTentative = false
  const isPossible = (node: Node): boolean => {
    const found = sure.get(node)
    if (found !== undefined) return found
    if (open.has(node)) {
      isTentative = true
      return false
    }
    open.add(node)
    const result = possible(valuesOf(node))
    open.delete(node)
    // A no that rests on a node still being looked at is not kept.
    if (result || !isTentative || open.size === 0) sure.set(node, result)
    if (open.size === 0) isTentative = false
    return result
  }
  const possible = (values: Values): boolean =>
    values.null ||
    values.true ||
    values.false ||
    !parts.regexes.isEmpty(values.strings) ||
    !parts.regexes.isEmpty(values.numbers) ||
    values.objects.some(possibleObject) ||
    values.arrays.some(
      ({ prefix, items, min, max, contains }) =>
        min <= max &&
        contains.every((each) => each.min <= each.max && each.min <= max) &&
        Array.from({ length: Math.min(min, prefix.length + 1) }, (_, i) => prefix[i] ?? items).every(isPossible),
    )
  const possibleObject = (shape: ObjectShape): boolean =>
    shape.min <= shape.max &&
    shape.required.size <= shape.max &&
    [...shape.required].every((key) => isPossible(algebra.at(shape, key)))
  return { valuesOf: (node) => valuesOf(node), isPossible, isPossibleValues: possible }
}

/** The set of one value. */
function constantValues(value: Json, parts: ReadParts): Values {
  const { algebra, nodes, texts, numbers } = parts
  const { none } = algebra
  if (value === null) return { ...none, null: true }
  if (typeof value === 'boolean') return { ...none, [value ? 'true' : 'false']: true }
  if (typeof value === 'string') return { ...none, strings: texts.exactly(value) }
  if (typeof value === 'number') return { ...none, numbers: numbers.exactly(value) }
  const located = (each: Json): Node => nodes.of(parts.constants(each))
  if (Array.isArray(value)) {
    const prefix = value.map(located)
    const shape = { ...algebra.anyArray, prefix, items: nodes.never, min: value.length, max: value.length }
    return { ...none, arrays: [shape] }
  }
  const object = value as JsonObject
  const keys = Object.keys(object)
  const properties = new Map(keys.map((key) => [key, located(object[key]!)]))
  return { ...none, objects: [{ ...algebra.anyObject, properties, required: new Set(keys), classes: [] }] }
}
