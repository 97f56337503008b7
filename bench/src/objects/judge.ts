/** Ajv, the independent judge of what was generated. */
import type { Json, Schema } from '@foretoken/constraint-json-schema'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import draft04 from 'ajv-draft-04'
import addFormats from 'ajv-formats'

const OPTIONS: Options = { strict: false, logger: false, allErrors: false, validateSchema: false }

/** What a schema says of a value; undefined where Ajv cannot compile the schema. */
export type Judge = (value: Json) => string | undefined

/** A judge for a schema in its own draft: 2020-12 unless `$schema` names another. */
export function judgeOf(schema: Schema): Judge | { readonly refusal: string } {
  let refusal = ''
  // Patterns are meant with the flag u; some of real schemas are wrong with it.
  for (const unicodeRegExp of [true, false]) {
    try {
      const validate = compile(schema, { ...OPTIONS, unicodeRegExp })
      return (value) => (validate(value) ? undefined : errorOf(validate))
    } catch (error) {
      refusal = (error as Error).message
    }
  }
  return { refusal }
}

function compile(schema: Schema, options: Options): ValidateFunction {
  const uri = typeof schema === 'object' ? String(schema['$schema'] ?? '') : ''
  const ajv = /draft-04/.test(uri)
    ? new draft04.default(options)
    : /draft-0[67]/.test(uri)
      ? new Ajv(options)
      : /2019-09/.test(uri)
        ? new Ajv2019(options)
        : new Ajv2020(options)
  addFormats.default(ajv as Ajv)
  // A draft is chosen; its meta-schema by any other spelling of its URI need not be known.
  const { $schema: _, ...rest } = typeof schema === 'object' ? schema : {}
  return ajv.compile(typeof schema === 'object' ? rest : schema)
}

function errorOf({ errors }: ValidateFunction): string {
  const { instancePath, schemaPath, message } = errors![0]!
  return `${instancePath || 'the value'} ${message} (${schemaPath})`
}
