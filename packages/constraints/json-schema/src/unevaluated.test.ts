import { constrain, vocabulary } from '@foretoken/constraint'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonSchema } from './json-schema.ts'
import type { Schema } from './resources.ts'

const bytes = vocabulary({ vocabularySize: 257, tokenBytes: (id) => Uint8Array.of(id), stopTokens: [256] })

const leaf = fc.constantFrom<Schema>(true, false, { type: 'integer' }, { const: 1 }, { type: 'string' }, { minimum: 2 })
const key = fc.constantFrom('a', 'b', 'c')

/** A few of these keywords: with more the ways to combine branches outgrow every limit, and nothing is judged. */
const someOf = (keywords: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Schema> =>
  fc
    .uniqueArray(fc.constantFrom(...Object.keys(keywords)), { minLength: 1, maxLength: 3 })
    .chain((names) =>
      fc.record(Object.fromEntries(names.map((name) => [name, keywords[name]!]))),
    ) as fc.Arbitrary<Schema>

/** Schemas whose keywords apply to the same value; some ask what was not evaluated. */
const { objects, arrays } = fc.letrec<{ objects: Schema; arrays: Schema }>((tie) => {
  const branch = (name: 'objects' | 'arrays') => {
    const one = tie(name)
    const few = fc.array(one, { minLength: 1, maxLength: 3 })
    // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas
    return { allOf: few, anyOf: few, oneOf: few, if: one, then: one, else: one, not: one }
  }
  const properties = fc.dictionary(key, leaf, { maxKeys: 2 })
  const prefixItems = fc.array(leaf, { minLength: 1, maxLength: 2 })
  return {
    objects: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.record({ properties, required: fc.uniqueArray(key, { maxLength: 2 }) }) as fc.Arbitrary<Schema>,
      someOf({
        properties,
        patternProperties: fc.dictionary(fc.constantFrom('^a', 'b|c'), leaf, { maxKeys: 1 }),
        additionalProperties: leaf,
        unevaluatedProperties: leaf,
        dependentSchemas: fc.dictionary(key, tie('objects'), { maxKeys: 1 }),
        ...branch('objects'),
      }),
    ),
    arrays: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.record({ prefixItems }) as fc.Arbitrary<Schema>,
      someOf({
        prefixItems,
        contains: fc.constantFrom<Schema>({ const: 1 }, { type: 'string' }),
        unevaluatedItems: leaf,
        minItems: fc.nat(2),
        ...branch('arrays'),
      }),
    ),
  }
})

const SCALARS = [1, 2, 'x'] as const
const OBJECTS = [undefined, ...SCALARS].flatMap((a) =>
  [undefined, ...SCALARS].flatMap((b) =>
    [undefined, 1, 'x'].map((c) =>
      Object.fromEntries(Object.entries({ a, b, c }).filter(([, value]) => value !== undefined)),
    ),
  ),
)
const ARRAYS = [
  [],
  ...SCALARS.map((a) => [a]),
  ...SCALARS.flatMap((a) => SCALARS.flatMap((b) => [[a, b], ...SCALARS.map((c) => [a, b, c])])),
]

/** Which instances a schema accepts. @throws What the compiler says. */
function accepted<T extends object>(schema: Schema, instances: readonly T[]): T[] {
  const constraint = constrain(jsonSchema(schema, { whitespace: 'none', order: 'free' }), bytes)
  return instances.filter((instance) => {
    const tokens = [...new TextEncoder().encode(JSON.stringify(instance)), 256]
    return constraint.matcher().accepts(tokens) === tokens.length
  })
}

const isAccepted = (instance: object, schema: Schema): boolean => accepted(schema, [instance]).length === 1

/** What a schema has evaluated of a value that satisfies it: keys, or places in an array. Undefined where it does not. */
type Evaluated = ReadonlySet<string | number> | undefined

/**
 * The standard's words, keyword by keyword (JSON Schema 2020-12, sections 10 and 11). Ajv is no judge here: it keeps what failed
 * branches have evaluated of arrays, and takes every item for evaluated beside `contains`.
 */
function evaluate(schema: Schema, value: unknown): Evaluated {
  if (typeof schema === 'boolean') return schema ? new Set() : undefined
  const the = schema as unknown as Readonly<Record<string, Schema>>
  const seen = new Set<string | number>()
  let isValid = true
  const need = (so: boolean): void => {
    isValid &&= so
  }
  const add = (found: Evaluated): boolean => {
    for (const each of found ?? []) seen.add(each)
    return found !== undefined
  }
  const { type, minimum, minItems } = schema as { type?: string; minimum?: number; minItems?: number }
  if (type === 'integer') need(Number.isInteger(value))
  if (type === 'string') need(typeof value === 'string')
  if (type === 'array') need(Array.isArray(value))
  if (type === 'object') need(typeof value === 'object' && !Array.isArray(value))
  if ('const' in the) need(value === (the['const'] as unknown))
  if (minimum !== undefined && typeof value === 'number') need(value >= minimum)
  const list = (key: string): Evaluated[] =>
    ((the[key] ?? []) as unknown as Schema[]).map((each) => evaluate(each, value))
  for (const found of list('allOf')) need(add(found))
  if (the['anyOf']) need(list('anyOf').filter(add).length > 0)
  const [one, ...more] = list('oneOf').filter((found) => found !== undefined)
  if (the['oneOf']) need(more.length === 0 && add(one))
  if ('not' in the) need(evaluate(the['not']!, value) === undefined)
  if ('if' in the) {
    const next = add(evaluate(the['if']!, value)) ? 'then' : 'else'
    if (next in the) need(add(evaluate(the[next]!, value)))
  }
  const each = (place: string | number, schema: Schema, item: unknown): void => {
    need(evaluate(schema, item) !== undefined)
    seen.add(place)
  }
  if (Array.isArray(value)) {
    const prefix = (the['prefixItems'] ?? []) as unknown as Schema[]
    for (const [i, item] of value.entries()) if (i < prefix.length) each(i, prefix[i]!, item)
    const matches = 'contains' in the ? [...value.keys()].filter((i) => evaluate(the['contains']!, value[i])) : []
    for (const i of matches) seen.add(i)
    need(!('contains' in the) || matches.length > 0)
    need(value.length >= (minItems ?? 0))
    const rest = [...value.keys()].filter((i) => !seen.has(i))
    if ('unevaluatedItems' in the) for (const i of rest) each(i, the['unevaluatedItems']!, value[i])
  } else if (typeof value === 'object') {
    const object = value as Record<string, unknown>
    const own = new Set<string>()
    const map = (key: string): [string, Schema][] =>
      Object.entries((the[key] ?? {}) as unknown as Record<string, Schema>)
    for (const key of (the['required'] ?? []) as unknown as string[]) need(key in object)
    for (const [key, schema] of map('properties')) if (key in object) own.add(key) && each(key, schema, object[key])
    for (const [pattern, schema] of map('patternProperties')) {
      for (const key of Object.keys(object)) {
        if (new RegExp(pattern).test(key)) own.add(key) && each(key, schema, object[key])
      }
    }
    for (const [key, schema] of map('dependentSchemas')) if (key in object) need(add(evaluate(schema, value)))
    const rest = (known: ReadonlySet<unknown>): string[] => Object.keys(object).filter((key) => !known.has(key))
    if ('additionalProperties' in the) for (const key of rest(own)) each(key, the['additionalProperties']!, object[key])
    if ('unevaluatedProperties' in the)
      for (const key of rest(seen)) each(key, the['unevaluatedProperties']!, object[key])
  }
  return isValid ? seen : undefined
}

/** Verdicts on all instances, ours and the standard's; nothing where the schema is refused by name. */
function verdicts(schema: Schema, instances: readonly object[]): { ours: object[]; theirs: object[] } | undefined {
  const theirs = instances.filter((instance) => evaluate(schema, instance))
  try {
    return { ours: accepted(schema, instances), theirs }
  } catch (error) {
    return /no value satisfies/.test((error as Error).message) ? { ours: [], theirs } : undefined
  }
}

/** Of each kind. */
const RUNS = 60

it.each([
  ['properties', { type: 'object' }, objects, OBJECTS],
  ['items', { type: 'array' }, arrays, ARRAYS],
] as const)(
  'judges unevaluated %s as the standard does, whatever stands beside them',
  (_, type, schemas, instances) => {
    let refused = 0
    fc.assert(
      fc.property(schemas, leaf, (inner, rest) => {
        const asked = type.type === 'object' ? { unevaluatedProperties: rest } : { unevaluatedItems: rest }
        const found = verdicts({ ...type, allOf: [inner], ...asked }, instances)
        if (found) expect(found.ours).toEqual(found.theirs)
        else refused++
      }),
      { numRuns: RUNS, endOnFailure: true },
    )
    expect(refused).toBeLessThan(RUNS / 2)
  },
)

it('reads a dynamic reference by the outermost resource that has its anchor', () => {
  const list = {
    $id: 'https://example.com/list',
    type: 'array',
    items: { $dynamicRef: '#item' },
    $defs: { any: { $dynamicAnchor: 'item' } },
  }
  const of = (item: Schema): Schema => ({
    $id: `https://example.com/${JSON.stringify(item).length}`,
    $ref: 'list',
    $defs: { item: { $dynamicAnchor: 'item', ...(item as object) }, list },
  })
  expect(isAccepted([1, 'x'], list)).toBe(true)
  expect(isAccepted([1], of({ type: 'integer' }))).toBe(true)
  expect(isAccepted(['x'], of({ type: 'integer' }))).toBe(false)
  const both = { prefixItems: [of({ type: 'integer' }), of({ type: 'string' })] }
  expect(isAccepted([[1], ['x']], both)).toBe(true)
  expect(isAccepted([[1], [1]], both)).toBe(false)
  expect(isAccepted([['x'], ['x']], both)).toBe(false)
})

it('lets a tree that forbids unknown keys extend one that does not, all the way down', () => {
  const tree = {
    $id: 'https://example.com/tree',
    $dynamicAnchor: 'node',
    type: 'object',
    properties: { data: true, children: { type: 'array', items: { $dynamicRef: '#node' } } },
  }
  const strict = {
    $id: 'https://example.com/strict-tree',
    $dynamicAnchor: 'node',
    $ref: 'tree',
    unevaluatedProperties: false,
    $defs: { tree },
  }
  const misspelled = { children: [{ daat: 1 }] }
  expect(isAccepted(misspelled, tree)).toBe(true)
  expect(isAccepted(misspelled, strict)).toBe(false)
  expect(isAccepted({ children: [{ data: 1 }] }, strict)).toBe(true)
})
