export type { TokenBytes } from '@foretoken/drafting'
export { type DraftModelOptions, draftModel, manifest } from './drafter.ts'
