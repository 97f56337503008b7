export type { OnProgress, Progress } from '../progress.ts'
export { listModels, removeModel, type StoredModel } from './models.ts'
export { type BrowserModel, type BrowserModelOptions, type ModelLocation, openModel } from './open-model.ts'
