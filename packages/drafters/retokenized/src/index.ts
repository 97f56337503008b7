export { manifest, retokenized } from './drafter.ts'
export type { RetokenizedOptions, TextTokenizer } from './options.ts'
