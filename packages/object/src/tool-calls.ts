import { constrain } from '@foretoken/constraint'
import type { JsonSchemaOptions, Schema } from '@foretoken/constraint-json-schema'
import {
  type Tool,
  type ToolCall,
  type ToolCallAnswer,
  type ToolCallFormat,
  type ToolChoice,
  toolCallReader,
  toolCalls,
} from '@foretoken/constraint-tools'
import { checkKeys, type Summary } from '@foretoken/core'
import { compiled, layoutOf } from './compile.ts'
import { jsonSchemaOf, validated } from './json-schema-of.ts'
import { conversation, encoded, type ObjectTokenizer, type PromptOptions } from './prompt.ts'
import { type ResultStream, streamOf } from './result-stream.ts'
import type { InputOf, ObjectSchema, PartialValue, ValueOf } from './schema-types.ts'
import { promptWithTools } from './tell-tools.ts'
import { WRITE_KEYS, type WriteOptions, type Written, write, writeOptions } from './write.ts'

/** A function that a model may call; its parameters a Standard Schema or a JSON Schema. */
export type CallableTool = Tool<ObjectSchema>

/** Options of `generateToolCalls` and `streamToolCalls`. */
export interface ToolCallOptions<Tools extends readonly CallableTool[]> extends WriteOptions, PromptOptions {
  readonly tokenizer: ObjectTokenizer
  /** As in OpenAI's API. */
  readonly tools: Tools
  /** As the model likes, at least one call, or of this function. Default 'auto'. */
  readonly choice?: ToolChoice | undefined
  /** Several calls in one answer. Default false. */
  readonly parallel?: boolean | undefined
  /** Default: 'hermes' where the chat template speaks of `<tool_call>`, else 'json'. */
  readonly format?: ToolCallFormat | undefined
  readonly schemaOptions?: JsonSchemaOptions | undefined
}

/** A call by name of the function; what is certain of its arguments while it is being written. */
export type CallOf<Tools extends readonly CallableTool[], Form extends 'whole' | 'partial' = 'whole'> = {
  [Index in keyof Tools]: Tools[Index] extends { readonly function: infer F extends { readonly name: string } }
    ? { readonly name: F['name']; readonly arguments: ArgumentsOf<F, Form> }
    : never
}[number]

type ArgumentsOf<F, Form> = F extends { readonly parameters: infer Parameters extends ObjectSchema }
  ? Form extends 'whole'
    ? ValueOf<Parameters>
    : PartialValue<InputOf<Parameters>>
  : 'parameters' extends keyof F
    ? ValueOf<Schema>
    : { readonly [key: string]: never }

/** What the model answered. */
export interface ToolCallResult<Tools extends readonly CallableTool[]> extends Summary {
  /** False where the answer was cut by `maxTokens` or the end of the context. */
  readonly isComplete: boolean
  /** Text before the calls. */
  readonly text: string
  /** Whole calls. */
  readonly toolCalls: readonly CallOf<Tools>[]
  /** The call that was cut. */
  readonly partial?: CallOf<Tools, 'partial'> | undefined
  /** The answer as written. */
  readonly answer: string
  readonly tokenIds: Int32Array
}

/** What is certain of an answer that is being written. */
export interface PartialToolCalls<Tools extends readonly CallableTool[]> {
  readonly text: string
  /** Whole calls, and the one being written; arguments before any transformation. */
  readonly toolCalls: readonly CallOf<Tools, 'partial'>[]
}

const KEYS = [
  ...WRITE_KEYS,
  'tokenizer',
  'tools',
  'choice',
  'parallel',
  'format',
  'schemaOptions',
  'prompt',
  'messages',
  'system',
  'raw',
] as const satisfies readonly (keyof ToolCallOptions<[]>)[]

/**
 * Generates an answer that may call functions: names are known, and arguments fit their schemas. The tools are told through the
 * chat template, or in the system message where the template does not know tools. The model's cache is begun anew.
 * @throws As `generateObject`; an error of a tool's parameters names the tool.
 * @example
 * const { toolCalls } = await generateToolCalls({ model, tokenizer, tools, prompt: 'How warm is it in Rome?' })
 */
export async function generateToolCalls<const Tools extends readonly CallableTool[]>(
  options: ToolCallOptions<Tools>,
): Promise<ToolCallResult<Tools>> {
  return streamToolCalls(options).result()
}

/**
 * Generates as `generateToolCalls` does, and gives what is certain of the answer on the way.
 * @throws When read, as `generateToolCalls`.
 */
export function streamToolCalls<const Tools extends readonly CallableTool[]>(
  options: ToolCallOptions<Tools>,
): ResultStream<PartialToolCalls<Tools>, ToolCallResult<Tools>> {
  return streamOf(read(options))
}

async function* read<Tools extends readonly CallableTool[]>(
  options: ToolCallOptions<Tools>,
): AsyncGenerator<PartialToolCalls<Tools>, ToolCallResult<Tools>, undefined> {
  checkKeys('tools', options, KEYS)
  const { tokenizer, choice = 'auto', parallel = false } = options
  const schemaOptions = layoutOf(options.schemaOptions)
  const tools = plainTools(options.tools)
  const messages = conversation(tokenizer, options)
  const asked = messages && promptWithTools(tokenizer, messages, tools, options)
  const prompt = asked?.prompt ?? encoded(tokenizer, undefined, options)
  const format = options.format ?? asked?.format ?? 'json'
  const { bestEffort, remotes, ...plain } = schemaOptions
  const isKept = bestEffort === undefined && remotes === undefined
  const key = isKept ? JSON.stringify([tools, choice, parallel, format, Object.entries(plain).sort()]) : undefined
  const grammar = toolCalls(tools, { choice, parallel, format, schemaOptions })
  const constraint = compiled(tokenizer, key, (words) => constrain(grammar, words))
  const reader = toolCallReader({ parallel, format })
  let written: Written | undefined
  const task = { constraint, prompt, tokenizer, onWritten: (all: Written) => (written = all) }
  for await (const { text } of write(task, writeOptions(options))) {
    if (text === '') continue
    reader.push(text)
    const { text: before, calls, open } = reader.answer()
    yield { text: before, toolCalls: (open ? [...calls, open] : calls) as PartialToolCalls<Tools>['toolCalls'] }
  }
  reader.end()
  return resultOf(options.tools, reader.answer(), written!)
}

async function resultOf<Tools extends readonly CallableTool[]>(
  tools: Tools,
  { text, calls, open }: ToolCallAnswer,
  { text: answer, ...written }: Written,
): Promise<ToolCallResult<Tools>> {
  const schemas = new Map(tools.map((tool) => [tool.function.name, tool.function.parameters]))
  const toolCalls: ToolCall<string, unknown>[] = []
  for (const { name, arguments: values } of calls) {
    const schema = schemas.get(name)
    toolCalls.push({ name, arguments: schema === undefined ? values : await validated(schema, values) })
  }
  const partial = open as CallOf<Tools, 'partial'> | undefined
  return { ...written, answer, text, toolCalls: toolCalls as unknown as CallOf<Tools>[], ...(partial && { partial }) }
}

/** The tools with plain JSON Schemas. */
function plainTools(tools: readonly CallableTool[]): readonly Tool[] {
  return tools.map((tool) => {
    const { parameters, ...rest } = tool.function
    return { ...tool, function: parameters === undefined ? rest : { ...rest, parameters: jsonSchemaOf(parameters) } }
  })
}
