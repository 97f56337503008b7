import type { FromSchema, Json, Schema } from '@foretoken/constraint-json-schema'
import { badOption } from '@foretoken/core'

/** A function that a model may call, as OpenAI's API describes it. */
export interface Tool<Parameters = Schema> {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string | undefined
    /** Of the arguments: a JSON Schema of type object. Default: no arguments. */
    readonly parameters?: Parameters | undefined
    /** Arguments always fit their schema; accepted since others ask for it. */
    readonly strict?: boolean | undefined
  }
}

/** Whether and what to call: as the model likes, at least once, or this function. */
export type ToolChoice = 'auto' | 'required' | { readonly name: string }

/** `json`: `{"name": …, "arguments": …}`, several in an array. `hermes`: the same between `<tool_call>` and `</tool_call>`. */
export type ToolCallFormat = 'json' | 'hermes'

/** How calls are written. */
export interface ToolCallLayout {
  /** Default 'json'. */
  readonly format?: ToolCallFormat | undefined
  /** Several calls in one answer. Default false. */
  readonly parallel?: boolean | undefined
}

/** A call, its arguments parsed. */
export interface ToolCall<Name extends string = string, Arguments = Json> {
  readonly name: Name
  readonly arguments: Arguments
}

type CallOf<T> = T extends { readonly function: { readonly name: infer Name extends string } }
  ? ToolCall<Name, ArgumentsOf<T['function']>>
  : never

type ArgumentsOf<F> = F extends { readonly parameters: infer Parameters }
  ? FromSchema<Parameters>
  : 'parameters' extends keyof F
    ? Json
    : { [key: string]: never }

/** The calls of tools that TypeScript knows literally, by name. */
export type ToolCallOf<Tools extends readonly Tool[]> = CallOf<Tools[number]>

const NO_ARGUMENTS: Schema = { type: 'object', properties: {}, additionalProperties: false }

/** Name and schema of the arguments of each tool that may be called. */
export function callable(tools: readonly Tool[], choice: ToolChoice): ReadonlyMap<string, Schema> {
  if (!Array.isArray(tools) || tools.length === 0) throw badOption('tools', 'tools', 'is no list', 'at least one tool')
  const known = new Map<string, Schema>()
  for (const [i, tool] of tools.entries()) {
    const { name, parameters = NO_ARGUMENTS } = (tool as Partial<Tool>).function ?? {}
    if (tool.type !== 'function' || typeof name !== 'string' || name === '') {
      throw badOption('tools', `tools[${i}]`, 'is no function with a name', "{ type: 'function', function: { name } }")
    }
    if (known.has(name)) throw badOption('tools', `tools[${i}]`, `is a second "${name}"`, 'names that differ')
    if (typeof parameters !== 'object' || (parameters as { type?: unknown }).type !== 'object') {
      throw badOption('tools', `tools[${i}]`, 'has parameters of another type', "a JSON Schema with type: 'object'")
    }
    known.set(name, parameters)
  }
  if (choice === 'auto' || choice === 'required') return known
  const chosen = typeof choice === 'object' && choice !== null ? known.get(choice.name) : undefined
  if (chosen !== undefined) return new Map([[(choice as { name: string }).name, chosen]])
  throw badOption('tools', 'choice', `is ${JSON.stringify(choice)}`, `auto, required or one of ${[...known.keys()]}`)
}
