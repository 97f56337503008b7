/** Random schemas with few valid texts, listed one by one: the slow matcher that masks are compared with. */
import type { Json, Schema } from '@foretoken/constraint-json-schema'
import { rng, STREAMS } from '@foretoken/core'

/** Picks by a seed; each draw has its own number. */
export interface Picks {
  /** An integer from 0 to `count` − 1. */
  below(count: number): number
  of<Item>(list: readonly Item[]): Item
}

export function picksOf(seed: number): Picks {
  const random = rng(seed)
  let index = 0
  const below = (count: number): number => Math.floor(random.uniform(STREAMS.sample, 0, index++) * count)
  return { below, of: (list) => list[below(list.length)]! }
}

const STRINGS: readonly string[] = ['', ...['a', 'b', 'é'].flatMap((x) => [x, ...['a', 'b', 'é'].map((y) => x + y)])]
/** No fractions: those have a spelling for every number of zeros at their end. */
const LEAVES: readonly Json[] = [null, true, false, -1, 0, 1, 2, 3, 10, -12, ...STRINGS]
const KEYS: readonly string[] = ['a', 'b']

/** Every leaf, arrays of up to two and objects of up to two properties of leaves, the latter in every order. */
function universe(leaves: readonly Json[]): Json[] {
  const pairs = leaves.flatMap((x) => leaves.map((y) => [x, y] as const))
  return [
    ...leaves,
    [],
    ...leaves.map((x) => [x]),
    ...pairs.map((pair) => [...pair]),
    {},
    ...KEYS.flatMap((key) => leaves.map((x) => ({ [key]: x }))),
    ...pairs.map(([x, y]) => ({ a: x, b: y })),
    ...pairs.map(([x, y]) => ({ b: y, a: x })),
  ]
}

/** Nothing outside the universe: what a random schema is intersected with. */
function boundsOf(leaves: readonly Json[]): Schema {
  const leaf: Schema = { enum: [...leaves] }
  return {
    anyOf: [
      leaf,
      { type: 'array', items: leaf, maxItems: 2 },
      { type: 'object', properties: { a: leaf, b: leaf }, additionalProperties: false },
    ],
  }
}

const TYPES: readonly string[] = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object']
const PATTERNS: readonly string[] = [
  'a',
  '^a',
  'b$',
  '^(a|b)*$',
  '^.$',
  '[^a]',
  '^a?é',
  '(ab|ba)',
  '^[ab]{1,2}$',
  'é|^$',
]

type Keyword = (picks: Picks, depth: number) => Readonly<Record<string, Json>>

const schemas = (picks: Picks, depth: number): Schema[] =>
  Array.from({ length: 1 + picks.below(2) }, () => randomSchema(picks, depth - 1))

const KEYWORDS: readonly Keyword[] = [
  (picks) => ({ type: picks.of(TYPES) }),
  (picks) => ({ type: [picks.of(TYPES), picks.of(TYPES.slice(4))].filter((each, i, all) => all.indexOf(each) === i) }),
  (picks) => ({ enum: [...new Set([picks.of(LEAVES), picks.of(LEAVES), picks.of(LEAVES)])] }),
  (picks) => ({ const: picks.of(LEAVES) }),
  (picks) => ({ minimum: picks.below(3) - 1 }),
  (picks) => ({ exclusiveMaximum: picks.below(4) }),
  (picks) => ({ multipleOf: picks.of([0.5, 1, 2]) }),
  (picks) => ({ minLength: picks.below(3) }),
  (picks) => ({ maxLength: picks.below(3) }),
  (picks) => ({ pattern: picks.of(PATTERNS) }),
  (picks) => ({ minItems: picks.below(3) }),
  (picks) => ({ maxItems: picks.below(3) }),
  (picks) => ({ required: [picks.of(KEYS)] }),
  (picks) => ({ minProperties: picks.below(3) }),
  (picks) => ({ maxProperties: picks.below(3) }),
  (picks, depth) => ({ items: randomSchema(picks, depth - 1) }),
  (picks, depth) => ({ prefixItems: schemas(picks, depth) }),
  (picks, depth) => ({ contains: randomSchema(picks, depth - 1) }),
  (picks, depth) => ({ properties: { [picks.of(KEYS)]: randomSchema(picks, depth - 1) } }),
  (picks, depth) => ({ additionalProperties: randomSchema(picks, depth - 1) }),
  (picks, depth) => ({ patternProperties: { [picks.of(PATTERNS)]: randomSchema(picks, depth - 1) } }),
  (picks, depth) => ({ propertyNames: randomSchema(picks, depth - 1) }),
  (picks, depth) => ({ anyOf: schemas(picks, depth) }),
  (picks, depth) => ({ allOf: schemas(picks, depth) }),
  (picks, depth) => ({ oneOf: schemas(picks, depth) }),
  (picks, depth) => ({ not: randomSchema(picks, depth - 1) }),
  (picks, depth) => Object.fromEntries(['if', 'then'].map((keyword) => [keyword, randomSchema(picks, depth - 1)])),
  () => ({ uniqueItems: true }),
]

/** A schema of one to three keywords; below `depth` 1 none that holds schemas. */
function randomSchema(picks: Picks, depth: number): { [keyword: string]: Json } {
  const keywords = depth > 0 ? KEYWORDS : KEYWORDS.slice(0, 15)
  const parts = Array.from({ length: 1 + picks.below(3) }, () => picks.of(keywords)(picks, depth))
  const schema: { [keyword: string]: Json } = Object.assign({}, ...parts)
  // Ajv takes an empty array for valid against `contains` beside `prefixItems`; the specification does not.
  if (schema['prefixItems'] !== undefined) delete schema['contains']
  return schema
}

export interface FiniteCase {
  readonly schema: Schema
  /** All values that the schema may hold, valid or not. */
  readonly candidates: readonly Json[]
}

/** A random schema over a universe of a few hundred values. */
export function finiteCase(seed: number): FiniteCase {
  const picks = picksOf(seed)
  const leaves = LEAVES.filter(() => picks.below(3) === 0)
  if (leaves.length === 0) leaves.push(null)
  return { schema: { allOf: [randomSchema(picks, 2), boundsOf(leaves)] }, candidates: universe(leaves) }
}

/** Of a value with a space after , and :, as the default layout writes it. */
export function textOf(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}: ${textOf(each)}`)
    .join(', ')}}`
}
