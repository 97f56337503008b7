export type { FromSchema } from './from-schema.ts'
export { type JsonReader, jsonReader } from './json-reader.ts'
export { type JsonSchemaOptions, jsonSchema, type Unchecked } from './json-schema.ts'
export type { Json, Schema } from './resources.ts'
