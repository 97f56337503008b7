export { type DraftModelOptions, draftModel, manifest } from './drafter.ts'
export type { TokenBytes } from './vocabulary.ts'
