export { manifest, type NgramOptions, ngram } from './drafter.ts'
export type { Law } from './law.ts'
export {
  loadNgramTable,
  type NgramTable,
  type NgramTableOptions,
  type NgramText,
  ngramTable,
} from './ngram-table.ts'
