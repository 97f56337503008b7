/** Schemas, patterns and grammars made to exhaust a matcher: each must work, or be refused by a typed error within limits. */
import type { Grammar } from '@foretoken/constraint'
import { choice } from '@foretoken/constraint-choice'
import { gbnf, lark } from '@foretoken/constraint-grammar'
import { type Json, jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import { regex } from '@foretoken/constraint-regex'

const times = <Item>(count: number, of: (i: number) => Item): Item[] => Array.from({ length: count }, (_, i) => of(i))

const mapped = (count: number, of: (i: number) => readonly [string, Json]): { [key: string]: Json } =>
  Object.fromEntries(times(count, of))

const nested = (depth: number, wrap: (inner: Schema, i: number) => Schema): Schema => {
  let schema: Schema = { type: 'null' }
  for (let i = 0; i < depth; i++) schema = wrap(schema, i)
  return schema
}

const chain = (count: number, last: Schema): Schema => ({
  $ref: '#/$defs/s0',
  $defs: mapped(count, (i) => [`s${i}`, i === count - 1 ? last : { $ref: `#/$defs/s${i + 1}` }]),
})

const string = (pattern: string, more: object = {}): Schema => ({ type: 'string', pattern, ...more })
const properties = (count: number): { [key: string]: Json } =>
  mapped(count, (i) => [`property ${i}`, { type: ['string', 'integer', 'boolean'][i % 3]! }])

const NESTED: Readonly<Record<string, Schema>> = {
  'arrays 1,000 deep': nested(1000, (items) => ({ type: 'array', items })),
  'arrays 3,000 deep': nested(3000, (items) => ({ type: 'array', items })),
  'arrays 1,000 deep of one item each': nested(1000, (items) => ({ type: 'array', items, minItems: 1 })),
  'objects 1,000 deep': nested(1000, (a) => ({ type: 'object', properties: { a }, required: ['a'] })),
  'anyOf 2,000 deep': nested(2000, (inner) => ({ anyOf: [inner, { type: 'string' }] })),
  'oneOf 200 deep': nested(200, (inner, i) => ({ oneOf: [inner, { type: 'object', required: [`k${i}`] }] })),
  'not 1,000 deep': nested(1000, (inner) => ({ not: inner })),
  'if, then and else 100 deep': nested(100, (inner, i) => ({
    if: { properties: { [`k${i}`]: { const: i } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas
    then: { required: [`k${i}`] },
    else: inner,
  })),
  'if 100 deep': nested(100, (inner, i) => ({
    if: inner,
    // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas
    then: { minimum: i },
    else: { type: 'string', minLength: i },
  })),
  'dependentSchemas 100 deep': nested(100, (inner, i) => ({ dependentSchemas: { [`k${i}`]: inner } })),
  'references 1,000 deep': chain(1000, { type: 'string' }),
  'references 1,000 deep that end nowhere': chain(1000, { $ref: '#/$defs/nowhere' }),
  'a circle of 1,000 references': chain(1000, { $ref: '#/$defs/s0' }),
  'a reference to itself': { $ref: '#' },
  'not itself': { not: { $ref: '#' } },
  'itself among others': { anyOf: [{ $ref: '#' }, { type: 'null' }] },
  'itself within': { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] },
}

const WIDE: Readonly<Record<string, Schema>> = {
  'an enum of 20,000 texts': { enum: times(20_000, (i) => `value ${i * 7919}`) },
  'an enum of 50,000 objects': { enum: times(50_000, (i) => ({ a: i })) },
  'an enum of 2,000 arrays': { enum: times(2000, (i) => [i, [i]]) },
  '5,000 properties': { type: 'object', properties: properties(5000) },
  '5,000 properties, no others': { type: 'object', properties: properties(5000), additionalProperties: false },
  '5,000 properties, each required': {
    type: 'object',
    properties: properties(5000),
    required: Object.keys(properties(5000)),
    additionalProperties: false,
  },
  '5,000 properties, 2,500 needed': { type: 'object', properties: properties(5000), minProperties: 2500 },
  '100 properties, 5,000 required': { properties: properties(100), required: Object.keys(properties(5000)) },
  'anyOf of 2,000 objects': {
    anyOf: times(2000, (i) => ({
      type: 'object',
      properties: { [`k${i}`]: { type: 'integer' } },
      required: [`k${i}`],
    })),
  },
  'oneOf of 2,000 objects': {
    oneOf: times(2000, (i) => ({ type: 'object', properties: { kind: { const: `k${i}` } }, required: ['kind'] })),
  },
  'oneOf of 2,000 that overlap': { oneOf: times(2000, (i) => ({ required: [`k${i}`] })) },
  'oneOf of 60 objects': {
    oneOf: times(60, (i) => ({ required: [`k${i}`], properties: { [`k${i}`]: { minimum: i } } })),
  },
  'anyOf of 2,000 patterns': { anyOf: times(2000, (i) => string(`^${i}.*${i}$`)) },
  'oneOf of 200 patterns': { oneOf: times(200, (i) => string(`${i}.*${i}`)) },
  'allOf of 200 anyOfs of objects': {
    allOf: times(200, (i) => ({ anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }] })),
  },
  'allOf of 200 anyOfs of patterns': { allOf: times(200, (i) => ({ anyOf: [string(`a${i}`), string(`b${i}`)] })) },
  'allOf of 200 anyOfs of numbers': {
    allOf: times(200, (i) => ({ anyOf: [{ minimum: i }, { multipleOf: i + 2 }] })),
  },
  'allOf of 100 nots': { type: 'object', allOf: times(100, (i) => ({ not: { required: [`a${i}`, `b${i}`] } })) },
  '300 overlapping patternProperties': {
    type: 'object',
    patternProperties: mapped(300, (i) => [`k.*${i}`, { minimum: i }]),
  },
  '20 overlapping patternProperties': {
    type: 'object',
    patternProperties: mapped(20, (i) => [`k${'abcdefghijklmnopqrst'[i]}`, { minimum: i }]),
    additionalProperties: false,
  },
  '300 patternProperties that differ': {
    type: 'object',
    patternProperties: mapped(300, (i) => [`^k${i}_`, { minimum: i }]),
    additionalProperties: false,
  },
  'propertyNames of an exponential pattern': { type: 'object', propertyNames: { pattern: '^(a|b)*a(a|b){20}$' } },
  'propertyNames and ten properties': {
    type: 'object',
    properties: properties(10),
    propertyNames: { pattern: '^(([a-z]+)*[0-9]?)*$', not: { pattern: '(a|b)*a(a|b){12}$' } },
    minProperties: 3,
  },
  '1,000 dependencies': { type: 'object', dependentRequired: mapped(1000, (i) => [`k${i}`, [`k${i + 1}`]]) },
  '20 dependentSchemas': { type: 'object', dependentSchemas: mapped(20, (i) => [`k${i}`, { minProperties: i }]) },
  'unevaluatedProperties beside 200 allOfs': {
    allOf: times(200, (i) => ({ properties: { [`k${i}`]: { type: 'integer' } } })),
    unevaluatedProperties: false,
  },
}

const COUNTED: Readonly<Record<string, Schema>> = {
  'a minItems of 1e9': { type: 'array', minItems: 1e9 },
  'a maxItems of 1e9': { type: 'array', items: { type: 'null' }, maxItems: 1e9 },
  'a minItems of 1,000 and unique': { type: 'array', items: { type: 'string' }, minItems: 1000, uniqueItems: true },
  'a minLength of 1e9': { type: 'string', minLength: 1e9 },
  'a maxLength of 1e9': { type: 'string', maxLength: 1e9 },
  'a minLength of 1e9 with a pattern': string('^a+$', { minLength: 1e9 }),
  'a minLength above any pattern': string('^(ab){1,1000}$', { minLength: 1e9 }),
  'a minProperties of 1e9': { type: 'object', minProperties: 1e9 },
  'a maxProperties of 1e9': { type: 'object', maxProperties: 1e9 },
  'a minContains of 1e9': { type: 'array', contains: { type: 'null' }, minContains: 1e9 },
  'a maxContains of 1e6': { type: 'array', contains: { type: 'null' }, maxContains: 1e6 },
  'four contains': {
    type: 'array',
    allOf: times(4, (i) => ({ contains: { multipleOf: i + 2 }, minContains: 100, maxContains: 200 })),
  },
  'a multipleOf of 1e-300': { type: 'number', multipleOf: 1e-300 },
  'a multipleOf of 1e300': { type: 'number', multipleOf: 1e300 },
  'a multipleOf of a large prime': { type: 'integer', multipleOf: 999_999_937 },
  'a multipleOf of 99,991 and 99,989': { type: 'integer', multipleOf: 99_991, allOf: [{ multipleOf: 99_989 }] },
  'a minimum of 1e308': { type: 'number', minimum: 1e308 },
  'a maximum of 1e-300': { type: 'number', maximum: 1e-300, exclusiveMinimum: 0 },
  'a bound that is no number': { type: 'number', minimum: 'a' as never },
  'unique items of a large enum': {
    type: 'array',
    items: { enum: times(5000, (i) => `value ${i}`) },
    uniqueItems: true,
  },
  'all items of an enum once': {
    type: 'array',
    items: { enum: times(500, (i) => `value ${i}`) },
    uniqueItems: true,
    minItems: 500,
  },
}

const PATTERNS: Readonly<Record<string, Schema>> = {
  'nested repetition with a length': string('^(([a-z]+)*[0-9]){1,50}$', { minLength: 400 }),
  'an exponential pattern': string('^(a|b)*a(a|b){24}$'),
  'nested quantifiers': string('^((a+)+)+$', { not: { pattern: '(a|aa)+$' } }),
  'large counters': string('^(.{1,1000}x){1,1000}$', { maxLength: 100_000 }),
  'counters three deep': string('^((a{1,100}){1,100}){1,100}$'),
  'counters three deep with a length': string('^((a{1,100}){1,100}){1,100}$', { minLength: 5000, maxLength: 5100 }),
  'counters three deep of any character': string('((.{1,100}){1,100}){1,100}x', { maxLength: 3000 }),
  'a counter of 1e9': string('^a{1000000000}$'),
  'a counter of 1e400': string(`^a{1${'0'.repeat(400)}}$`),
  'an intersection of patterns': {
    allOf: times(12, (i) => string(`^(..)*.{${i + 2}}[a-${'cdefghijklmn'[i]}]`)),
  },
  'not of a large pattern': { type: 'string', not: { pattern: `(${times(500, (i) => `${i * 37}x*`).join('|')})$` } },
  'not of an exponential pattern': { type: 'string', not: { pattern: '^(a|b)*a(a|b){16}$' } },
  'not of 50 patterns': { type: 'string', allOf: times(50, (i) => ({ not: { pattern: `${i}.*${i + 1}` } })) },
  'classes of Unicode': string('^(\\p{L}|\\p{N}|\\p{Script=Han}){1,50}[^\\p{Lu}\\p{Cn}]*$', { minLength: 30 }),
  'classes of Unicode 200 times': string(`^${'\\p{L}\\p{N}?'.repeat(200)}$`),
  lookaheads: string(`^${times(12, (i) => `(?=.*${i})`).join('')}.*$`, { maxLength: 40 }),
  'lookaheads in a repetition': string('^((?=a.*b)[a-z])*$'),
  'a lookbehind': string('(?<=a)b'),
  'a backreference': string('^(a+)\\1$'),
  'groups 5,000 deep': string(`${'('.repeat(5000)}a${')'.repeat(5000)}`),
  'quantifiers of quantifiers': string(`^a${'*?+{0,2}'.repeat(500)}$`),
  'a pattern of 50,000 characters': string(`^${'ab?c*'.repeat(10_000)}$`),
  'a group that is not closed': string('(('),
  'a property that is none': string('\\p{Nothing}'),
  'a flag that is unknown': string('(?i)a'),
}

const REGEXES: Readonly<Record<string, () => Grammar>> = {
  'regex: nested repetition': () => regex('(([a-z]+)*[0-9]){1,50}'),
  'regex: exponential': () => regex('(a|b)*a(a|b){24}'),
  'regex: counters three deep': () => regex('((a{1,100}){1,100}){1,100}'),
  'regex: counters four deep': () => regex('(((.{1,99}b){1,99}c){1,99}d){1,99}'),
  'regex: 20,000 alternatives': () => regex(times(20_000, (i) => `x${i}y*`).join('|')),
  'regex: optional 2,000 times': () => regex(`${'a?'.repeat(2000)}${'a'.repeat(2000)}`),
  'regex: nothing': () => regex('a^b$c'),
  'choice of 100,000': () => choice(times(100_000, (i) => `choice ${i} of many`)),
  'choice of a text of a million': () => choice(['a'.repeat(1_000_000)]),
  'choice of 1,000 texts of 1,000': () => choice(times(1000, (i) => `${i}`.padStart(1000, 'a'))),
}

const GRAMMARS: Readonly<Record<string, () => Grammar>> = {
  'gbnf: left recursive': () => gbnf('root ::= root "a" | "b"'),
  'gbnf: left recursive through three': () => gbnf('root ::= x "a" | "b"\nx ::= y\ny ::= root "c" | "d"'),
  'gbnf: left recursive behind nothing': () => gbnf('root ::= x root "a" | "b"\nx ::= ""'),
  'gbnf: only itself': () => gbnf('root ::= root'),
  'gbnf: itself or a text': () => gbnf('root ::= root | "a"'),
  'gbnf: itself many times': () => gbnf('root ::= root* "a"'),
  'gbnf: empty': () => gbnf(''),
  'gbnf: an empty rule': () => gbnf('root ::= '),
  'gbnf: no rule': () => gbnf('root ::= missing'),
  'gbnf: endless': () => gbnf('root ::= "a" root'),
  'gbnf: ambiguous': () => gbnf('root ::= s\ns ::= "a" s s | "a" s | "a"'),
  'gbnf: ambiguous in three ways': () =>
    gbnf('root ::= (x | y | z)+\nx ::= "a" x? "a"?\ny ::= "a" y? \nz ::= ("a" z | "a")+'),
  'gbnf: palindromes': () => gbnf('root ::= "a" root "a" | "b" root "b" | "a" | "b" | ""'),
  'gbnf: optional parts that are empty': () => gbnf('root ::= (x? y? z?)*\nx ::= y?\ny ::= z*\nz ::= "a"?'),
  'gbnf: repetitions in repetitions': () => gbnf('root ::= x{1,1000}\nx ::= y{1,1000}\ny ::= "a" x? "b"'),
  'gbnf: a counter of 1e9': () => gbnf('root ::= x{1000000000}\nx ::= "a" x? "b"'),
  'gbnf: 5,000 rules in a chain': () =>
    gbnf(times(5000, (i) => `${i === 0 ? 'root' : `r${i}`} ::= "a" ${i === 4999 ? '"b"' : `r${i + 1}`}`).join('\n')),
  'gbnf: 5,000 rules in a circle': () =>
    gbnf(
      times(5000, (i) => `${i === 0 ? 'root' : `r${i}`} ::= "a" ${i === 4999 ? 'root | "b"' : `r${i + 1}`}`).join('\n'),
    ),
  'gbnf: 300 rules that each call all': () =>
    gbnf(
      `root ::= r0\n${times(300, (i) => `r${i} ::= "${i}" (${times(300, (j) => `r${j}`).join(' | ')})?`).join('\n')}`,
    ),
  'gbnf: doubled 60 times': () =>
    gbnf(times(60, (i) => `${i === 0 ? 'root' : `r${i}`} ::= ${i === 59 ? '"a"' : `r${i + 1} r${i + 1}`}`).join('\n')),
  'gbnf: groups 5,000 deep': () => gbnf(`root ::= ${'('.repeat(5000)}"a"${')'.repeat(5000)}`),
  'gbnf: a text that is not closed': () => gbnf('root ::= "a'),
  'gbnf: a class out of order': () => gbnf('root ::= [z-a]'),
  'gbnf: too large a code point': () => gbnf('root ::= "\\UFFFFFFFF"'),
  'lark: left recursive': () => lark('start: start "+" start | "1"'),
  'lark: left recursive through two': () => lark('start: x\nx: y "a" | "b"\ny: x | "c"'),
  'lark: ignores what may be empty': () => lark('start: "a" start? "b"\n%ignore /x*/'),
  'lark: ignores a rule': () => lark('start: "a" start | "b"\n%ignore start'),
  'lark: ignores everything': () => lark('start: ("a" | start "b")+\n%ignore /.*/'),
  'lark: an exponential terminal': () => lark('start: A+\nA: /(a|b)*a(a|b){20}/'),
  'lark: counters': () => lark('start: a ~ 1..100000\na: "x" a? "y"'),
  'lark: empty': () => lark(''),
  'lark: a directive': () => lark('%import common.NUMBER\nstart: NUMBER'),
}

const schemas = (all: Readonly<Record<string, Schema>>): [string, () => Grammar][] =>
  Object.entries(all).map(([name, schema]) => [name, () => jsonSchema(schema)])

/** Grammars by name, made when asked for. */
export const HOSTILE: ReadonlyMap<string, () => Grammar> = new Map([
  ...[NESTED, WIDE, COUNTED, PATTERNS].flatMap(schemas),
  ...Object.entries(REGEXES),
  ...Object.entries(GRAMMARS),
])
