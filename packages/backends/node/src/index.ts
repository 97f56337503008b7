export { type LoadOptions, loadModel } from './load-model.ts'
export type { Provider, SessionOptions } from './node-session.ts'
