export { type ByteSource, type FileSet, memoryFiles, memorySource } from './bytes.ts'
export { type Checkpoint, openGgufCheckpoint, openSafetensorsCheckpoint } from './checkpoint.ts'
export { type PrepareOptions, prepare } from './convert/prepare.ts'
export type { Recipe } from './convert/recipe.ts'
export type { FileSink, PreparedStore } from './convert/store.ts'
export { type GgufCheckpoint, openGguf } from './gguf/checkpoint.ts'
export { MODELS, type ModelEntry, type ModelSource } from './manifest.ts'
export {
  type ModelFacts,
  PREPARED_FILES,
  PREPARED_VERSION,
  type PreparedModel,
  type PreparedTensor,
  type Quantization,
  type SourceFile,
  type TokenFacts,
} from './prepared.ts'
export { HALF } from './quantization/half.ts'
export { openSafetensors } from './safetensors/checkpoint.ts'
export type { ChatMessage, ChatTemplateOptions } from './tokenizer/chat-template.ts'
export { type TokenizerJson, tokenizerFromGguf } from './tokenizer/from-gguf.ts'
export { createTokenizer, type EncodeOptions, type Tokenizer } from './tokenizer/tokenizer.ts'
