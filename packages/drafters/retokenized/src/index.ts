export type { TextTokenizer } from '@foretoken/drafting'
export { manifest, retokenized } from './drafter.ts'
export type { RetokenizedOptions } from './options.ts'
