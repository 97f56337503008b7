export { type LoadedModel, type LoadOptions, loadModel } from './load-model.ts'
export type { Runtime } from './runtime.ts'
