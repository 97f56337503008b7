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
  for (const make of validatorsOf(schema)) {
    for (const lenience of LENIENCE) {
      try {
        const validate = compile(schema, make({ ...OPTIONS, ...lenience }))
        return (value) => (validate(value) ? undefined : errorOf(validate))
      } catch (error) {
        refusal ||= (error as Error).message
      }
    }
  }
  return { refusal }
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
