import type { Json, Schema } from '@foretoken/constraint-json-schema'

type JsonObject = { readonly [key: string]: Json }

/** Keywords that combine what siblings and branches say of one object: closing one of them would change the others. */
const COMBINING = ['allOf', 'not', 'if', 'then', 'else', '$ref', 'dependentSchemas', 'dependencies'] as const
/** Keywords that speak of an object's further properties. */
const FURTHER = ['additionalProperties', 'patternProperties', 'unevaluatedProperties', 'propertyNames', 'minProperties']

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Closes objects with `properties` that say nothing of further ones. Leaves a schema alone as a whole where it combines
 * schemas of one object, but for `anyOf` and `oneOf` over whole objects.
 */
export function closed(schema: Json): Schema {
  return combines(schema, true) ? (schema as Schema) : (close(schema) as Schema)
}

function combines(schema: Json, isSchema: boolean): boolean {
  if (Array.isArray(schema)) return schema.some((each) => combines(each, isSchema))
  if (!isObject(schema)) return false
  const keys = Object.keys(schema)
  if (!isSchema) return keys.some((key) => combines(schema[key]!, true))
  const branches = 'anyOf' in schema || 'oneOf' in schema
  if (branches && 'properties' in schema) return true
  if (keys.some((key) => COMBINING.some((each) => each === key && !(key === '$ref' && keys.length <= 2)))) return true
  return keys.some((key) => !isData(key) && combines(schema[key]!, !isMap(key)))
}

/** Keywords whose value is no schema. */
const isData = (key: string): boolean => ['enum', 'const', 'default', 'examples'].includes(key)
/** Keywords whose value has schemas by name. */
const isMap = (key: string): boolean => ['properties', 'patternProperties', '$defs', 'definitions'].includes(key)

function close(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(close)
  if (!isObject(schema)) return schema
  const inner = Object.entries(schema).map(([key, value]): [string, Json] => {
    if (isData(key)) return [key, value]
    if (!isMap(key)) return [key, close(value)]
    return [key, mapped(value)]
  })
  const isOpen = isObject(schema['properties']) && FURTHER.every((key) => !(key in schema))
  return Object.fromEntries(isOpen ? [...inner, ['additionalProperties', false]] : inner)
}

const mapped = (schemas: Json): Json =>
  isObject(schemas)
    ? Object.fromEntries(Object.entries(schemas).map(([name, schema]): [string, Json] => [name, close(schema)]))
    : schemas
