export {
  type CompleteObject,
  generateObject,
  type IncompleteObject,
  type ObjectOptions,
  type ObjectResult,
  type ObjectStream,
  streamObject,
} from './object.ts'
export type { Message, ObjectTokenizer, PromptOptions } from './prompt.ts'
export type { ResultStream } from './result-stream.ts'
export type { InputOf, ObjectSchema, PartialValue, ValueOf } from './schema-types.ts'
export {
  type CallableTool,
  type CallOf,
  generateToolCalls,
  type PartialToolCalls,
  streamToolCalls,
  type ToolCallOptions,
  type ToolCallResult,
} from './tool-calls.ts'
export type { WriteOptions } from './write.ts'
