export { type JsonSchemaOptions, jsonSchema, type Unchecked } from './json-schema.ts'
export type { Json, Schema } from './resources.ts'
