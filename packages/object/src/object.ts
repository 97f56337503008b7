import { type Json, type JsonSchemaOptions, jsonReader, type Schema } from '@foretoken/constraint-json-schema'
import { badOption, checkKeys, type Summary } from '@foretoken/core'
import { compiledSchema, layoutOf } from './compile.ts'
import { jsonSchemaOf, validated } from './json-schema-of.ts'
import { conversation, encoded, type Message, type ObjectTokenizer, type PromptOptions } from './prompt.ts'
import { type ResultStream, streamOf } from './result-stream.ts'
import type { InputOf, ObjectSchema, PartialValue, ValueOf } from './schema-types.ts'
import { WRITE_KEYS, type WriteOptions, type Written, write, writeOptions } from './write.ts'

/** Options of `generateObject` and `streamObject`: those of `decode`, a tokenizer, a schema and what to say. */
export interface ObjectOptions<S extends ObjectSchema> extends WriteOptions, PromptOptions {
  readonly tokenizer: ObjectTokenizer
  /** Of the value: a Standard Schema (Zod, Valibot, ArkType, …) or a JSON Schema. */
  readonly schema: S
  /** JSON Schema of a Standard Schema that tells none. */
  readonly jsonSchema?: Schema | undefined
  /** Of `jsonSchema()`: how the JSON is laid out and what is enforced. Default: `whitespace: 'single'`, else its own. */
  readonly schemaOptions?: JsonSchemaOptions | undefined
  /** Say the JSON Schema in the system message too; needs a chat template. Default false. */
  readonly tellSchema?: boolean | undefined
}

/** A value that fits the schema. */
export interface CompleteObject<S extends ObjectSchema> extends Summary {
  readonly isComplete: true
  readonly object: ValueOf<S>
  readonly partial?: undefined
  /** The JSON as written. */
  readonly text: string
  readonly tokenIds: Int32Array
}

/** A value that was cut by `maxTokens` or the end of the context. */
export interface IncompleteObject<S extends ObjectSchema> extends Summary {
  readonly isComplete: false
  readonly object?: undefined
  /** What is certain of the value; undefined where nothing is. */
  readonly partial: PartialValue<InputOf<S>> | undefined
  readonly text: string
  readonly tokenIds: Int32Array
}

export type ObjectResult<S extends ObjectSchema> = CompleteObject<S> | IncompleteObject<S>

/** Partial values, and `result()`. */
export type ObjectStream<S extends ObjectSchema> = ResultStream<PartialValue<InputOf<S>>, ObjectResult<S>>

const KEYS = [
  ...WRITE_KEYS,
  'tokenizer',
  'schema',
  'jsonSchema',
  'schemaOptions',
  'tellSchema',
  'prompt',
  'messages',
  'system',
  'raw',
] as const satisfies readonly (keyof ObjectOptions<ObjectSchema>)[]

/**
 * Generates a value that fits a schema: the model cannot write anything else. A value that was cut is told by `isComplete`.
 * The model's cache is begun anew.
 * @throws BAD_OPTION. UNSUPPORTED for a schema that cannot be enforced, naming keyword and path; for a Standard Schema that tells
 * no JSON Schema; and for a value that fails a check which JSON Schema cannot say. What `decode` throws.
 * @example
 * const result = await generateObject({ model, tokenizer, schema: z.object({ name: z.string() }), prompt: 'Name a city.' })
 * if (result.isComplete) console.log(result.object.name)
 */
export async function generateObject<const S extends ObjectSchema>(
  options: ObjectOptions<S>,
): Promise<ObjectResult<S>> {
  return streamObject(options).result()
}

/**
 * Generates as `generateObject` does, and gives each partial value on the way: beginnings of the final value, each of the next.
 * @throws When read, as `generateObject`.
 * @example
 * const stream = streamObject({ model, tokenizer, schema, prompt })
 * for await (const partial of stream) console.log(partial)
 * const { object } = await stream.result()
 */
export function streamObject<const S extends ObjectSchema>(options: ObjectOptions<S>): ObjectStream<S> {
  return streamOf(read(options))
}

/** A value on its way, run by run. */
async function* read<S extends ObjectSchema>(
  options: ObjectOptions<S>,
): AsyncGenerator<PartialValue<InputOf<S>>, ObjectResult<S>, undefined> {
  checkKeys('object', options, KEYS)
  const { tokenizer, schema } = options
  const jsonSchema = jsonSchemaOf(schema, options.jsonSchema)
  const constraint = compiledSchema(tokenizer, jsonSchema, layoutOf(options.schemaOptions))
  const messages = conversation(tokenizer, options)
  const prompt = encoded(tokenizer, options.tellSchema ? telling(messages, jsonSchema) : messages, options)
  const reader = jsonReader()
  let partial: Json | undefined
  let written: Written | undefined
  const task = { constraint, prompt, tokenizer, onWritten: (all: Written) => (written = all) }
  for await (const { text } of write(task, writeOptions(options))) {
    reader.push(text)
    const next = reader.partial()
    if (next === undefined || isSame(next, partial)) continue
    partial = next
    yield next as PartialValue<InputOf<S>>
  }
  const { isComplete, ...rest } = written!
  if (!isComplete) return { ...rest, isComplete, partial: partial as PartialValue<InputOf<S>> | undefined }
  const object = (await validated(schema, JSON.parse(rest.text) as Json)) as ValueOf<S>
  return { ...rest, isComplete, object }
}

/** The conversation with the schema said in its system message. */
function telling(messages: readonly Message[] | undefined, schema: Schema): readonly Message[] {
  if (messages === undefined) throw badOption('object', 'tellSchema', 'has no chat template', 'a prompt that says it')
  const said = `Answer with JSON that fits this JSON Schema:\n${JSON.stringify(schema)}`
  const [first, ...others] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: said }, ...messages]
  return [{ ...first, content: `${first.content}\n\n${said}` }, ...others]
}

/** Whether two partial values are equal; what did not change is the same object. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [Object.entries(a), Object.entries(b)]
  return (
    left.length === right.length && left.every(([key, value], i) => key === right[i]![0] && isSame(value, right[i]![1]))
  )
}
