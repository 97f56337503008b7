export { type Place, type PlacedModel, placeText } from '@foretoken/backend-onnx'
export { type LoadOptions, loadModel } from './load-model.ts'
export type { Provider, SessionOptions } from './node-session.ts'
