/** Ajv, the independent judge of what was generated. */
import type { Json, Schema } from '@foretoken/constraint-json-schema'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import draft04 from 'ajv-draft-04'
import addFormats from 'ajv-formats'

const OPTIONS: Options = { strict: false, logger: false, allErrors: false, validateSchema: false }

/** Patterns are meant with the flag u, and some of real schemas are wrong with it; some schemas are meta-schemas themselves. */
const LENIENCE: readonly Options[] = [
  {},
  { meta: false },
  { unicodeRegExp: false },
  { unicodeRegExp: false, meta: false },
]

/** What a schema says of a value; undefined where Ajv cannot compile the schema. */
export type Judge = (value: Json) => string | undefined

/** A judge for a schema in its own draft: 2020-12 unless `$schema` names another, or it has an `id` of old. */
export function judgeOf(schema: Schema): Judge | { readonly refusal: string } {
  let refusal = ''
  for (const form of [schema, withoutIds(schema)]) {
    for (const make of form === undefined ? [] : validatorsOf(form)) {
      for (const lenience of LENIENCE) {
        try {
          const validate = compile(form!, make({ ...OPTIONS, ...lenience }))
          return (value) => (validate(value) ? undefined : errorOf(validate))
        } catch (error) {
          refusal ||= (error as Error).message
        }
      }
    }
  }
  return { refusal }
}

/** Keywords whose values are data. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'example', 'examples'])

/**
 * The same schema without the identifiers of old, which Ajv refuses in newer drafts, or where two schemas share one. Undefined
 * where a reference stands below one that is not the root's: it could lead elsewhere then.
 */
function withoutIds(schema: Schema): Schema | undefined {
  let isSame = true
  const copied = (value: Json, isBelow: boolean): Json => {
    if (Array.isArray(value)) return value.map((each) => copied(each, isBelow))
    if (typeof value !== 'object' || value === null) return value
    const object = value as { readonly [key: string]: Json }
    const isNamed = typeof object['id'] === 'string'
    if (isBelow && object['$ref'] !== undefined) isSame = false
    const kept = Object.entries(object).filter(([key]) => !(key === 'id' && isNamed))
    return Object.fromEntries(
      kept.map(([key, each]) => [key, DATA.has(key) ? each : copied(each, isBelow || (isNamed && value !== schema))]),
    )
  }
  const made = copied(schema, false) as Schema
  return isSame ? made : undefined
}

type MakeValidator = (options: Options) => Ajv

const old: MakeValidator = (options) => new draft04.default(options) as unknown as Ajv

function validatorsOf(schema: Schema): readonly MakeValidator[] {
  const uri = typeof schema === 'object' ? String(schema['$schema'] ?? '') : ''
  if (/draft-04/.test(uri)) return [old]
  if (/draft-0[67]/.test(uri)) return [(options) => new Ajv(options)]
  if (/2019-09/.test(uri)) return [(options) => new Ajv2019(options)]
  const now: MakeValidator = (options) => new Ajv2020(options)
  return uri === '' ? [now, old] : [now]
}

function compile(schema: Schema, ajv: Ajv): ValidateFunction {
  addFormats.default(ajv)
  if (typeof schema !== 'object') return ajv.compile(schema)
  // A draft is chosen; its meta-schema by any other spelling of its URI need not be known.
  const { $schema: _, ...rest } = schema
  return ajv.compile(rest)
}

function errorOf({ errors }: ValidateFunction): string {
  const { instancePath, schemaPath, message } = errors![0]!
  return `${instancePath || 'the value'} ${message} (${schemaPath})`
}
