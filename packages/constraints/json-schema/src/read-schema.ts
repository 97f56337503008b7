import { NOTHING, type Regex } from '@foretoken/constraint'
import type { Algebra, AlgebraParts } from './algebra.ts'
import { NUMBER_FORMATS } from './formats.ts'
import { isObject, type Json, type JsonObject, type Located, type Resources } from './resources.ts'
import type { KeyClass, Node, Values } from './shapes.ts'

export interface ReadOptions {
  /** `format` is asserted, as most people expect, or only an annotation, as the standard says by default. */
  readonly formats: 'assert' | 'annotate'
  /** Called with what cannot be enforced: throws, or notes it. */
  readonly refuse: (keyword: string, schema: Located, why: string) => void
}

export interface ReadParts extends AlgebraParts {
  readonly algebra: Algebra
  readonly resources: Resources
  readonly options: ReadOptions
  /** Whether every set is what its schema says: not where formats are written in part. */
  readonly isExact: boolean
  /** The schema `{ const: value }`. */
  readonly constants: (value: Json) => Located
}

const TYPES = ['null', 'boolean', 'string', 'number', 'integer', 'array', 'object']
const NEVER_ENFORCED = ['$recursiveRef']

/**
 * The values that a schema's own keywords allow, applicators to the same value left out.
 * @param isOuter Rather more than fewer, where a keyword is not followed exactly.
 */
export function ownValues(located: Located, isOuter: boolean, parts: ReadParts): Values {
  const { options } = parts
  const schema = located.schema as JsonObject
  for (const keyword of NEVER_ENFORCED) {
    if (schema[keyword] !== undefined && schema[keyword] !== true)
      options.refuse(keyword, located, 'it is not supported')
  }
  const types = typesOf(schema, located, parts)
  const has = (type: string): boolean => types === undefined || types.includes(type)
  const isInteger = !has('number') && has('integer')
  return {
    null: has('null'),
    true: has('boolean'),
    false: has('boolean'),
    strings: has('string') ? stringsOf(located, isOuter, parts) : NOTHING,
    numbers: has('number') || isInteger ? numbersOf(schema, located, isInteger, parts) : NOTHING,
    arrays: has('array') ? arraysOf(schema, located, parts) : [],
    objects: has('object') ? objectsOf(schema, located, parts) : [],
  }
}

function typesOf(schema: JsonObject, located: Located, { options }: ReadParts): readonly string[] | undefined {
  const { type } = schema
  if (type === undefined) return undefined
  const list = Array.isArray(type) ? type : [type]
  for (const each of list) {
    if (typeof each !== 'string' || !TYPES.includes(each))
      options.refuse('type', located, `${JSON.stringify(each)} is no type`)
  }
  return list as string[]
}

const numberAt = (schema: JsonObject, key: string): number | undefined => {
  const value = schema[key]
  return typeof value === 'number' ? value : undefined
}

function stringsOf(located: Located, isOuter: boolean, { texts, options }: ReadParts): Regex {
  const schema = located.schema as JsonObject
  let set = texts.all
  const [min, max] = [numberAt(schema, 'minLength') ?? 0, numberAt(schema, 'maxLength') ?? Infinity]
  const { pattern, format } = schema
  if (min > max) return NOTHING
  if (min > 0 || max < Infinity) set = texts.length(min, max)
  if (typeof pattern === 'string') {
    const matching = attempt(located, 'pattern', options, () => texts.pattern(pattern))
    if (matching !== undefined) set = texts.both(set, matching)
  }
  if (typeof format === 'string' && options.formats === 'assert') {
    const matching = isOuter ? texts.looseFormat(format) : texts.format(format)
    if (matching !== undefined) set = texts.both(set, matching)
  }
  return set
}

/** A pattern that cannot be followed is told like any other keyword. */
function attempt<T>(located: Located, keyword: string, options: ReadOptions, make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    options.refuse(keyword, located, (error as Error).message)
    return undefined
  }
}

function numbersOf(schema: JsonObject, located: Located, isInteger: boolean, parts: ReadParts): Regex {
  const { numbers, regexes, options } = parts
  const sets = [isInteger ? numbers.integers : numbers.all]
  for (const [inclusive, exclusive, bound] of [
    ['minimum', 'exclusiveMinimum', numbers.atLeast],
    ['maximum', 'exclusiveMaximum', numbers.atMost],
  ] as const) {
    const value = numberAt(schema, inclusive)
    const strict = schema[exclusive]
    const isStrict = strict === true
    if (value !== undefined) sets.push(bound(value, isStrict, isInteger))
    if (typeof strict === 'number') sets.push(bound(strict, true, isInteger))
    if ((isStrict || typeof strict === 'number') && !isInteger) sets.push(numbers.precise)
  }
  const { format } = schema
  const isNamed = typeof format === 'string' && options.formats === 'assert' && Object.hasOwn(NUMBER_FORMATS, format)
  const named = isNamed ? NUMBER_FORMATS[format] : undefined
  if (named) {
    sets.push(numbers.integers)
    if (named.max < Infinity) sets.push(numbers.atLeast(named.min, false, true), numbers.atMost(named.max, false, true))
  }
  const multiple = numberAt(schema, 'multipleOf')
  if (multiple !== undefined) {
    if (multiple > 0 && multiple < 1e9 && multiple >= 1e-9) sets.push(numbers.multiplesOf(multiple), numbers.precise)
    else options.refuse('multipleOf', located, `${multiple} is out of reach`)
  }
  return sets.length === 1 ? sets[0]! : regexes.and(sets)
}

function arraysOf(schema: JsonObject, located: Located, parts: ReadParts): Values['arrays'] {
  const { algebra, nodes, resources, isTracking } = parts
  const child = (value: Json, ...keys: (string | number)[]): Node => nodes.of(resources.child(located, value, ...keys))
  const isTupleByItems = Array.isArray(schema['items'])
  const tuple = isTupleByItems ? schema['items'] : schema['prefixItems']
  const rest = isTupleByItems ? schema['additionalItems'] : schema['items']
  const key = isTupleByItems ? 'additionalItems' : 'items'
  const contained = schema['contains']
  const min = numberAt(schema, 'minItems') ?? 0
  const max = numberAt(schema, 'maxItems') ?? Infinity
  const isUnique = schema['uniqueItems'] === true
  const prefix = Array.isArray(tuple)
    ? tuple.map((each, i) => child(each, isTupleByItems ? 'items' : 'prefixItems', i))
    : []
  const hasNone = min === 0 && max === Infinity && !isUnique && prefix.length === 0
  // What is evaluated counts even where it allows everything.
  const isIrrelevant = rest === undefined || (!isTracking && rest === true)
  if (hasNone && isIrrelevant && contained === undefined) return [algebra.anyArray]
  const containing =
    contained === undefined
      ? []
      : [
          {
            node: child(contained, 'contains'),
            min: numberAt(schema, 'minContains') ?? 1,
            max: numberAt(schema, 'maxContains') ?? Infinity,
          },
        ]
  const items = rest === undefined ? nodes.any : child(rest, key)
  const evaluated = rest === undefined ? prefix.length : Infinity
  const matching = located.draft > 2019 ? containing.map(({ node }) => node) : []
  return [{ prefix, items, min, max, contains: containing, isUnique, evaluated, matching }]
}

function objectsOf(schema: JsonObject, located: Located, parts: ReadParts): Values['objects'] {
  const { algebra, nodes, resources, texts, regexes, options, isTracking } = parts
  const { properties, patternProperties, additionalProperties, required, propertyNames } = schema
  const patterns: { readonly keys: Regex; readonly node: Node }[] = []
  if (isObject(patternProperties)) {
    for (const source of Object.keys(patternProperties)) {
      const keys = attempt(located, 'patternProperties', options, () => texts.pattern(source))
      const node = nodes.of(resources.child(located, patternProperties[source]!, 'patternProperties', source))
      if (keys !== undefined) patterns.push({ keys, node })
    }
  }
  let classes: KeyClass[] = [{ keys: texts.all, node: nodes.any }]
  const filled = ({ keys }: KeyClass): boolean => !regexes.isEmpty(keys)
  for (const { keys, node } of patterns) {
    const outside = texts.without(keys)
    classes = classes
      .flatMap((each) => [
        { keys: texts.both(each.keys, keys), node: nodes.both(each.node, node) },
        { keys: texts.both(each.keys, outside), node: each.node },
      ])
      .filter(filled)
  }
  if (additionalProperties !== undefined && additionalProperties !== true) {
    const node = nodes.of(resources.child(located, additionalProperties, 'additionalProperties'))
    const matched = texts.either(patterns.map(({ keys }) => keys))
    const unmatched = texts.without(matched)
    classes = classes
      .flatMap((each) => [
        { keys: texts.both(each.keys, matched), node: each.node },
        { keys: texts.both(each.keys, unmatched), node: nodes.both(each.node, node) },
      ])
      .filter(filled)
  }
  classes = classes.filter(({ node }) => node !== nodes.never)
  const named = new Map<string, Node>()
  if (isObject(properties)) {
    for (const key of Object.keys(properties)) {
      const own = nodes.of(resources.child(located, properties[key]!, 'properties', key))
      const matching = patterns.filter(({ keys }) => texts.holds(keys, key)).map(({ node }) => node)
      named.set(key, matching.reduce(nodes.both, own))
    }
  }
  const evaluatedKeys = (): Regex[] =>
    additionalProperties === undefined
      ? [...[...named.keys()].map(texts.exactly), ...patterns.map(({ keys }) => keys)]
      : [texts.all]
  const shape = {
    properties: named,
    required: new Set(Array.isArray(required) ? required.filter((key) => typeof key === 'string') : []),
    classes,
    min: numberAt(schema, 'minProperties') ?? 0,
    max: numberAt(schema, 'maxProperties') ?? Infinity,
    some: [],
    evaluated: isTracking ? evaluatedKeys() : [],
  }
  const isAny =
    shape.evaluated.length === 0 &&
    shape.min === 0 &&
    shape.max === Infinity &&
    named.size + shape.required.size === 0 &&
    classes.length === 1 &&
    classes[0]!.keys === texts.all &&
    classes[0]!.node === nodes.any
  return isAny && propertyNames === undefined ? [algebra.anyObject] : [shape]
}
