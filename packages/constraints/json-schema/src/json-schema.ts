import { type Grammar, type GrammarSymbol, notEnforceable, type Regexes } from '@foretoken/constraint'
import { badOption, checkKeys } from '@foretoken/core'
import { algebra } from './algebra.ts'
import { emitter, type Layout } from './emit.ts'
import { nodes } from './nodes.ts'
import { numbers } from './numbers.ts'
import type { ReadOptions, ReadParts } from './read-schema.ts'
import { type Json, type JsonObject, type Located, NO_SCOPE, resources, type Schema } from './resources.ts'
import type { Node } from './shapes.ts'
import { texts } from './texts.ts'
import { type Meaning, meaning } from './values.ts'

/** A keyword that is left unchecked, with `bestEffort`. */
export interface Unchecked {
  readonly keyword: string
  /** JSON pointer of the schema that has it. */
  readonly path: string
  readonly why: string
}

export interface JsonSchemaOptions {
  /**
   * Properties in the order of the schema, further ones last, or in any order. A property is written once either way.
   * Default 'schema'.
   */
  readonly order?: 'schema' | 'free'
  /**
   * Between tokens: nothing, exactly one space after commas and colons, an optional one there, or up to 24 blanks or line ends
   * inside brackets and after commas too. What is exact can be foreseen: `forced` drafts it. Default 'space'.
   */
  readonly whitespace?: 'none' | 'single' | 'space' | 'free'
  /** Whether `format` is enforced, or an annotation as the standard has it by default. Default 'assert'. */
  readonly formats?: 'assert' | 'annotate'
  /** Leaves unchecked what cannot be enforced, and calls this with each such keyword. Default: refuse. */
  readonly bestEffort?: (unchecked: Unchecked) => void
  /** Documents that references may lead to, by URI. */
  readonly remotes?: Readonly<Record<string, Schema>>
  /** Draft of schemas without `$schema`: 4, 6, 7, 2019 or 2020. Default 2020. */
  readonly draft?: number
}

/**
 * The JSON texts that are valid against a schema. A text that is accepted is valid; some valid texts are not accepted:
 * other orders of properties, other spellings of constrained strings and numbers than JSON.stringify's.
 * @throws UNSUPPORTED when built, naming keyword and path, for what cannot be enforced; a schema that nothing satisfies too.
 * @throws BAD_OPTION
 * @example
 * const person = jsonSchema({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] })
 */
export function jsonSchema(schema: Schema, options: JsonSchemaOptions = {}): Grammar {
  checkKeys('json-schema', options, ['order', 'whitespace', 'formats', 'bestEffort', 'remotes', 'draft'])
  const { order = 'schema', whitespace = 'space', formats = 'assert', bestEffort, remotes = {}, draft = 2020 } = options
  if (!(typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null && !Array.isArray(schema)))) {
    throw badOption('json-schema', 'schema', `is ${JSON.stringify(schema)}`, 'an object or a boolean')
  }
  if (!['none', 'single', 'space', 'free'].includes(whitespace)) {
    throw badOption('json-schema', 'whitespace', `is ${String(whitespace)}`, 'none, single, space or free')
  }
  const build = (regexes: Regexes): readonly GrammarSymbol[] => {
    const keys = keysOf([schema, remotes])
    const found = resources(schema, remotes, draft)
    const refuse: ReadOptions['refuse'] = (keyword, { path }, why) => {
      if (!bestEffort) throw notEnforceable(keyword, path, why)
      bestEffort({ keyword, path, why })
    }
    const isTracking = keys.has('unevaluatedProperties') || keys.has('unevaluatedItems')
    const isExact = formats === 'annotate' || !keys.has('format')
    const base = { regexes, nodes: nodes(regexes.clock), ...languagesOf(regexes), isTracking }
    const read: ReadParts = {
      ...base,
      algebra: algebra(base),
      resources: found,
      options: { formats, refuse },
      isExact,
      constants: constants(),
    }
    const sense = meaning(read)
    const root = base.nodes.of(found.root)
    const symbol = emitter({ ...read, meaning: sense, layout: layoutOf(regexes, whitespace), order })
    const nothing = `no value satisfies it${isExact ? '' : '; its formats are written in part'}`
    if (!sense.isPossible(root)) throw notEnforceable('The schema', '', nothing)
    visitAll(root, sense, symbol)
    const written = symbol(root)
    if (written.kind === 'rule' && written.alternatives().length === 0) {
      throw notEnforceable('The schema', '', nothing)
    }
    return [written]
  }
  return { name: 'JSON Schema', build }
}

/** Values within schemas that are looked at. */
const MOST_PARTS = 1_000_000

/** All keys within schemas. @throws UNSUPPORTED for one that is endless, or that its shared parts make larger than any text. */
function keysOf(schemas: unknown): ReadonlySet<string> {
  const keys = new Set<string>()
  const open = [schemas]
  for (let count = 0; open.length > 0; count++) {
    if (count > MOST_PARTS) throw notEnforceable('The schema', '', `it has over ${MOST_PARTS} parts`)
    const part = open.pop()
    if (typeof part !== 'object' || part === null) continue
    if (!Array.isArray(part)) for (const key of Object.keys(part)) keys.add(key)
    for (const each of Object.values(part)) open.push(each)
  }
  return keys
}

/** What schemas teach of strings and numbers, by store: a format is compiled once for all of them. */
const languages = new WeakMap<Regexes, Pick<ReadParts, 'texts' | 'numbers'>>()

function languagesOf(regexes: Regexes): Pick<ReadParts, 'texts' | 'numbers'> {
  const known = languages.get(regexes) ?? { texts: texts(regexes), numbers: numbers(regexes) }
  languages.set(regexes, known)
  return known
}

/** Schemas of constants, one for each value. */
function constants(): (value: Json) => Located {
  const known = new Map<string, Located>()
  return (value) => {
    const key = JSON.stringify(value)
    const made: JsonObject = { const: value }
    const found = known.get(key) ?? {
      id: -1 - known.size,
      schema: made,
      base: '',
      path: '',
      draft: 2020,
      scope: NO_SCOPE,
    }
    known.set(key, found)
    return found
  }
}

function layoutOf(regexes: Regexes, whitespace: JsonSchemaOptions['whitespace']): Layout {
  const nothing = regexes.literal('')
  const single = regexes.literal(' ')
  const space = regexes.repeat(single, 0, 1)
  const blanks = regexes.repeat(
    regexes.bytes([
      [9, 10],
      [13, 13],
      [32, 32],
    ]),
    0,
    24,
  )
  if (whitespace === 'none') return { afterComma: nothing, afterColon: nothing, inside: nothing }
  if (whitespace === 'single') return { afterComma: single, afterColon: single, inside: nothing }
  if (whitespace === 'space') return { afterComma: space, afterColon: space, inside: nothing }
  return { afterComma: blanks, afterColon: space, inside: blanks }
}

/** Looks at every node that a text can reach, so that what cannot be enforced is told now. */
function visitAll(root: Node, { valuesOf }: Meaning, symbol: (node: Node) => GrammarSymbol): void {
  const seen = new Set([root])
  for (const node of seen) {
    const { arrays, objects } = valuesOf(node)
    const written = symbol(node)
    if (written.kind === 'rule' && node.demands.length > 0) written.alternatives()
    for (const { prefix, items, contains } of arrays) {
      for (const each of [...prefix, items, ...contains.map((each) => each.node)]) seen.add(each)
    }
    for (const { properties, classes, some } of objects) {
      for (const each of [
        ...properties.values(),
        ...classes.map((each) => each.node),
        ...some.map((each) => each.node),
      ])
        seen.add(each)
    }
  }
}
