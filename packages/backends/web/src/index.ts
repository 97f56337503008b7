export { type Place, type PlacedModel, placeText } from '@foretoken/backend-onnx'
export { type LoadedModel, type LoadOptions, loadModel } from './load-model.ts'
export type { Runtime } from './runtime.ts'
