export { type AdedOptions, aded, manifest } from './drafter.ts'
export {
  loadTrigramTable,
  type TrigramTable,
  type TrigramTableOptions,
  trigramsOf,
  trigramTable,
} from './trigram-table.ts'
