export { type CheckedStep, checkPath, checkRewind, checkSkipped, checkStep, type StepLimits } from './checks.ts'
export { hasExactSignedIntegers } from './integer-check.ts'
export { DEFAULT_MAXIMUM_ROWS, type OnnxModelOptions, onnxModel } from './onnx-model.ts'
export type { Feeds, MakeTensor, OnnxSession, OnnxTensor, TensorData, TensorType } from './session.ts'
