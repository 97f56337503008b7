export {
  readToolCalls,
  type ToolCallAnswer,
  type ToolCallReader,
  toolCallReader,
} from './tool-call-reader.ts'
export { type ToolCallsOptions, toolCalls } from './tool-calls.ts'
export type { Tool, ToolCall, ToolCallFormat, ToolCallLayout, ToolCallOf, ToolChoice } from './tools.ts'
