export { type ByteSource, type FileSet, memoryFiles, memorySource } from './bytes.ts'
export { type GgufCheckpoint, openGguf } from './gguf/checkpoint.ts'
export { openSafetensors } from './safetensors/checkpoint.ts'
