import { constrain, type Vocabulary } from '@foretoken/constraint'
import { jsonSchema, type Schema } from '@foretoken/constraint-json-schema'
import { ForetokenError } from '@foretoken/core'

const nested = (depth: number, wrap: (inner: Schema) => Schema): Schema => {
  let schema: Schema = { type: 'null' }
  for (let i = 0; i < depth; i++) schema = wrap(schema)
  return schema
}

/** Schemas and patterns made to exhaust a matcher. */
const HOSTILE: Readonly<Record<string, Schema>> = {
  'arrays 3,000 deep': nested(3000, (items) => ({ type: 'array', items })),
  'anyOf 2,000 deep': nested(2000, (inner) => ({ anyOf: [inner, { type: 'string' }] })),
  'not 1,000 deep': nested(1000, (inner) => ({ not: inner })),
  'an enum of 20,000': { enum: Array.from({ length: 20_000 }, (_, i) => `value ${i * 7919}`) },
  'a reference to itself': { $ref: '#' },
  'references in a circle': { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
  'not itself': { not: { $ref: '#' } },
  'an exponential pattern': { type: 'string', pattern: '^(a|b)*a(a|b){24}$' },
  'nested quantifiers': { type: 'string', pattern: '^((a+)+)+$', not: { pattern: '(a|aa)+$' } },
  'large counters': { type: 'string', pattern: '^(.{1,1000}x){1,1000}$', maxLength: 100_000 },
  'an intersection of patterns': {
    allOf: Array.from({ length: 12 }, (_, i) => ({
      type: 'string',
      pattern: `^(..)*.{${i + 2}}[a-${'cdefghijklmn'[i]}]`,
    })),
  },
  'oneOf of 60 objects': {
    oneOf: Array.from({ length: 60 }, (_, i) => ({ required: [`k${i}`], properties: { [`k${i}`]: { minimum: i } } })),
  },
  'allOf of 16 anyOfs': {
    allOf: Array.from({ length: 16 }, (_, i) => ({ anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }] })),
  },
  'minProperties of a million': { type: 'object', minProperties: 1_000_000 },
}

interface HostileLine {
  readonly name: string
  readonly ms: number
  /** Code of the error, or `masked`; anything else is a fault. */
  readonly outcome: string
}

/** Compiles and takes a few masks. Whatever is thrown must be a ForetokenError. */
export function hostile(words: Vocabulary): HostileLine[] {
  return Object.entries(HOSTILE).map(([name, schema]) => {
    const started = performance.now()
    let outcome = 'masked'
    try {
      const matcher = constrain(jsonSchema(schema), words).matcher()
      for (let step = 0; step < 40; step++) {
        const mask = matcher.mask()
        const word = mask.findIndex((bits) => bits !== 0)
        if (word < 0) throw new Error('a dead end')
        const token = word * 32 + 31 - Math.clz32(mask[word]!)
        if (words.tokenBytes(token).length === 0) break
        matcher.advance(token)
      }
    } catch (error) {
      outcome = ForetokenError.is(error) ? error.code : `FAULT: ${String(error)}`
    }
    return { name, ms: performance.now() - started, outcome }
  })
}
