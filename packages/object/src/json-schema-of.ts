import type { Json, Schema } from '@foretoken/constraint-json-schema'
import { badOption, ForetokenError } from '@foretoken/core'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { closed } from './closed.ts'
import type { ObjectSchema } from './schema-types.ts'

type Standard = globalThis.Partial<StandardSchemaV1.Props & StandardJSONSchemaV1.Props>

const TARGET = { target: 'draft-2020-12' } as const

/** The Standard Schema behind `~standard`; undefined for a JSON Schema. Some libraries' schemas are functions. */
function standardOf(schema: ObjectSchema): Standard | undefined {
  const isThing = (typeof schema === 'object' && schema !== null) || typeof schema === 'function'
  return isThing && '~standard' in schema ? (schema['~standard'] as Standard) : undefined
}

/**
 * The JSON Schema of what a model is to write: the schema's input, before any transformation. Objects of a Standard Schema that
 * say nothing of further properties have none: their type has none either.
 * @throws UNSUPPORTED for a Standard Schema that tells no JSON Schema.
 */
export function jsonSchemaOf(schema: ObjectSchema, given?: Schema): Schema {
  if (given !== undefined) return given
  const standard = standardOf(schema)
  if (!standard) {
    if (typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null)) return schema as Schema
    throw badOption('object', 'schema', `is ${String(schema)}`, 'a JSON Schema or a Standard Schema')
  }
  const { vendor = 'unknown' } = standard
  if (!standard.jsonSchema) throw tellsNone(vendor, `The schema of ${vendor} tells no JSON Schema.`)
  try {
    return closed(standard.jsonSchema.input(TARGET) as Json)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw tellsNone(vendor, `The schema of ${vendor} has no JSON Schema: ${why}.`, cause)
  }
}

function tellsNone(vendor: string, message: string, cause?: unknown): ForetokenError {
  return new ForetokenError('UNSUPPORTED', message, {
    fix: "Pass one as `jsonSchema`; the library's own converter makes it.",
    details: { vendor },
    ...(cause !== undefined && { cause }),
  })
}

/**
 * The value that a schema makes of another one: checks beyond its JSON Schema, then transformations.
 * @throws UNSUPPORTED with the schema's `issues` for a value that fails a check which JSON Schema cannot say.
 */
export async function validated(schema: ObjectSchema, value: Json): Promise<unknown> {
  const { validate, vendor } = standardOf(schema) ?? {}
  if (!validate) return value
  const result = await validate(value)
  if (!result.issues) return result.value
  const { message = 'no reason given', path = [] } = result.issues[0] ?? {}
  const place = path.map((each) => String(typeof each === 'object' ? each.key : each)).join('.') || 'the top'
  throw new ForetokenError(
    'UNSUPPORTED',
    `The value fits the JSON Schema, but a check of ${vendor} refuses it at ${place}: ${message}.`,
    {
      fix: 'Say the check in the schema, where the model is held to it, or generate again with another seed.',
      details: { value, issues: result.issues },
    },
  )
}
