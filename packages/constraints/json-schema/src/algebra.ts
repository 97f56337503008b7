/** Union, intersection and complement of sets of JSON values. */
import { NOTHING, notEnforceable, type Regexes } from '@foretoken/constraint'
import type { Nodes } from './nodes.ts'
import type { Numbers } from './numbers.ts'
import { type ArrayShape, type KeyClass, keyOfShape, type Node, type ObjectShape, type Values } from './shapes.ts'
import type { Texts } from './texts.ts'

export interface Algebra {
  readonly any: Values
  readonly none: Values
  readonly anyObject: ObjectShape
  readonly anyArray: ArrayShape
  union(sets: readonly Values[]): Values
  meet(a: Values, b: Values): Values
  complement(values: Values): Values
  /** What the value of a key must satisfy. */
  at(shape: ObjectShape, key: string): Node
}

const evaluates = (shape: ObjectShape | ArrayShape): boolean =>
  'matching' in shape ? shape.evaluated > 0 || shape.matching.length > 0 : shape.evaluated.length > 0

/** Shapes in one union. All are followed at once: a mask over a thousand can take a second. Of MaskBench's schemas six have more, the others at most 150. */
const MOST_SHAPES = 500
/** Up to so many, those made alike cost less than telling them apart. */
const FEW_SHAPES = 32

function distinctOf<T extends ObjectShape | ArrayShape>(shapes: readonly T[]): readonly T[] {
  const distinct = [...new Set(shapes)]
  if (distinct.length <= FEW_SHAPES) return distinct
  const byKey = new Map<string, T>()
  for (const shape of distinct) {
    const key = keyOfShape(shape)
    if (!byKey.has(key)) byKey.set(key, shape)
  }
  return [...byKey.values()]
}

export interface AlgebraParts {
  readonly regexes: Regexes
  readonly nodes: Nodes
  readonly texts: Texts
  readonly numbers: Numbers
  /** Whether some schema asks what others have evaluated. */
  readonly isTracking: boolean
}

export function algebra({ regexes, nodes, texts, numbers, isTracking }: AlgebraParts): Algebra {
  const anyObject: ObjectShape = {
    properties: new Map(),
    required: new Set(),
    classes: [{ keys: texts.all, node: nodes.any }],
    min: 0,
    max: Infinity,
    some: [],
    evaluated: [],
  }
  const anyArray: ArrayShape = {
    prefix: [],
    items: nodes.any,
    min: 0,
    max: Infinity,
    contains: [],
    isUnique: false,
    evaluated: 0,
    matching: [],
  }
  const none: Values = {
    null: false,
    true: false,
    false: false,
    strings: NOTHING,
    numbers: NOTHING,
    arrays: [],
    objects: [],
  }
  const any: Values = {
    null: true,
    true: true,
    false: true,
    strings: texts.all,
    numbers: numbers.all,
    arrays: [anyArray],
    objects: [anyObject],
  }
  const at = (shape: ObjectShape, key: string): Node =>
    shape.properties.get(key) ?? shape.classes.find(({ keys }) => texts.holds(keys, key))?.node ?? nodes.never

  const counted = <T extends ObjectShape | ArrayShape>(shapes: readonly T[]): readonly T[] => {
    const distinct = distinctOf(shapes)
    if (distinct.length > MOST_SHAPES) throw notEnforceable('A schema', '', `it has over ${MOST_SHAPES} alternatives`)
    return distinct
  }
  const meetNumbers = (a: number, b: number): number =>
    a === numbers.all ? b : b === numbers.all ? a : regexes.and([a, b])
  const meetClasses = (a: readonly KeyClass[], b: readonly KeyClass[]): KeyClass[] =>
    a.flatMap((x) =>
      b.flatMap((y) => {
        const keys = texts.both(x.keys, y.keys)
        const node = nodes.both(x.node, y.node)
        return node === nodes.never || regexes.isEmpty(keys) ? [] : [{ keys, node }]
      }),
    )
  /** Not where a key is needed that no value may have. */
  const mayBe = (shape: ObjectShape): boolean => {
    if (shape.min > shape.max) return false
    for (const key of shape.required) if (at(shape, key) === nodes.never) return false
    return true
  }
  const meetObjects = (a: ObjectShape, b: ObjectShape): ObjectShape => {
    if (a === anyObject || a === b) return b
    if (b === anyObject) return a
    regexes.clock.tick(a.properties.size + b.properties.size + a.classes.length * b.classes.length)
    const keys = new Set([...a.properties.keys(), ...b.properties.keys()])
    return {
      properties: new Map([...keys].map((key) => [key, nodes.both(at(a, key), at(b, key))])),
      required: new Set([...a.required, ...b.required]),
      classes: meetClasses(a.classes, b.classes),
      min: Math.max(a.min, b.min),
      max: Math.min(a.max, b.max),
      some: [...a.some, ...b.some],
      evaluated: [...new Set([...a.evaluated, ...b.evaluated])],
    }
  }
  const meetArrays = (a: ArrayShape, b: ArrayShape): ArrayShape => {
    if (a === anyArray || a === b) return b
    if (b === anyArray) return a
    regexes.clock.tick()
    const length = Math.max(a.prefix.length, b.prefix.length)
    const item = (shape: ArrayShape, i: number): Node => shape.prefix[i] ?? shape.items
    return {
      prefix: Array.from({ length }, (_, i) => nodes.both(item(a, i), item(b, i))),
      items: nodes.both(a.items, b.items),
      min: Math.max(a.min, b.min),
      max: Math.min(a.max, b.max),
      contains: [...a.contains, ...b.contains],
      isUnique: a.isUnique || b.isUnique,
      evaluated: Math.max(a.evaluated, b.evaluated),
      matching: [...new Set([...a.matching, ...b.matching])],
    }
  }
  const meet = (a: Values, b: Values): Values => {
    if (a === any || a === b) return b
    if (b === any) return a
    regexes.clock.tick()
    return {
      null: a.null && b.null,
      true: a.true && b.true,
      false: a.false && b.false,
      strings: texts.both(a.strings, b.strings),
      numbers: meetNumbers(a.numbers, b.numbers),
      arrays: counted(a.arrays.flatMap((x) => b.arrays.map((y) => meetArrays(x, y)))),
      objects: counted(a.objects.flatMap((x) => b.objects.map((y) => meetObjects(x, y)).filter(mayBe))),
    }
  }
  const union = (sets: readonly Values[]): Values => {
    if (sets.length === 1) return sets[0]!
    if (sets.includes(any) && !isTracking) return any
    const numberSets = sets.map((set) => set.numbers)
    return {
      null: sets.some((set) => set.null),
      true: sets.some((set) => set.true),
      false: sets.some((set) => set.false),
      strings: texts.either(sets.map((set) => set.strings)),
      numbers: numberSets.includes(numbers.all) ? numbers.all : regexes.or(numberSets),
      arrays: withAny(counted(sets.flatMap((set) => set.arrays)), anyArray),
      objects: withAny(counted(sets.flatMap((set) => set.objects)), anyObject),
    }
  }
  /** What evaluates more than any value does is told apart from it. */
  const withAny = <T extends ObjectShape | ArrayShape>(shapes: readonly T[], all: T): readonly T[] =>
    shapes.includes(all) ? [all, ...shapes.filter((shape) => shape !== all && isTracking && evaluates(shape))] : shapes

  const complementObject = (shape: ObjectShape): ObjectShape[] => {
    const named = (key: string, node: Node, isRequired: boolean): ObjectShape => ({
      ...anyObject,
      properties: new Map([[key, node]]),
      required: new Set(isRequired ? [key] : []),
    })
    const others: ObjectShape[] = []
    for (const key of shape.required) others.push(named(key, nodes.never, false))
    for (const [key, node] of shape.properties) if (node !== nodes.any) others.push(named(key, nodes.not(node), true))
    if (shape.min > 0) others.push({ ...anyObject, max: shape.min - 1 })
    if (shape.max < Infinity) others.push({ ...anyObject, min: shape.max + 1 })
    const unnamed = texts.without(texts.either([...shape.properties.keys()].map((key) => texts.exactly(key))))
    for (const { keys, node } of shape.classes) {
      if (node === nodes.any) continue
      others.push({ ...anyObject, some: [{ keys: texts.both(unnamed, keys), node: nodes.not(node) }] })
    }
    const rest = texts.both(unnamed, texts.without(texts.either(shape.classes.map(({ keys }) => keys))))
    if (!regexes.isEmpty(rest)) others.push({ ...anyObject, some: [{ keys: rest, node: nodes.any }] })
    for (const { keys, node } of shape.some) {
      const free = texts.without(keys)
      const classes = [
        { keys, node: nodes.not(node) },
        { keys: free, node: nodes.any },
      ]
      others.push({
        ...anyObject,
        classes: classes.filter((each) => each.node !== nodes.never && !regexes.isEmpty(each.keys)),
      })
    }
    return others
  }
  const complementArray = (shape: ArrayShape): ArrayShape[] => {
    if (shape.isUnique) throw notEnforceable('uniqueItems', '', 'its opposite is not regular')
    const others: ArrayShape[] = []
    if (shape.min > 0) others.push({ ...anyArray, max: shape.min - 1 })
    if (shape.max < Infinity) others.push({ ...anyArray, min: shape.max + 1 })
    for (const [i, node] of shape.prefix.entries()) {
      if (node === nodes.any) continue
      const prefix = [...Array.from({ length: i }, () => nodes.any), nodes.not(node)]
      others.push({ ...anyArray, prefix, min: i + 1 })
    }
    if (shape.items !== nodes.any) {
      if (shape.prefix.length > 0 && shape.items !== nodes.never) {
        throw notEnforceable('items', '', 'its opposite next to a tuple is not supported')
      }
      if (shape.items === nodes.never) others.push({ ...anyArray, min: shape.prefix.length + 1 })
      else others.push({ ...anyArray, contains: [{ node: nodes.not(shape.items), min: 1, max: Infinity }] })
    }
    for (const { node, min, max } of shape.contains) {
      if (min > 0) others.push({ ...anyArray, contains: [{ node, min: 0, max: min - 1 }] })
      if (max < Infinity) others.push({ ...anyArray, contains: [{ node, min: max + 1, max: Infinity }] })
    }
    return others
  }
  const complement = (values: Values): Values => {
    if (values === any) return none
    if (values === none) return any
    const scalars: Values = {
      null: !values.null,
      true: !values.true,
      false: !values.false,
      strings: texts.without(values.strings),
      numbers:
        values.numbers === numbers.all
          ? NOTHING
          : values.numbers === NOTHING
            ? numbers.all
            : regexes.and([numbers.all, numbers.precise, regexes.not(values.numbers)]),
      arrays: [],
      objects: [],
    }
    const only = (part: Partial<Values>): Values => ({ ...none, ...part })
    const arrays = values.arrays
      .map((shape) => only({ arrays: complementArray(shape) }))
      .reduce(meet, only({ arrays: [anyArray] }))
    const objects = values.objects
      .map((shape) => only({ objects: complementObject(shape) }))
      .reduce(meet, only({ objects: [anyObject] }))
    return { ...scalars, arrays: arrays.arrays, objects: objects.objects }
  }
  return { any, none, anyObject, anyArray, union, meet, complement, at }
}
