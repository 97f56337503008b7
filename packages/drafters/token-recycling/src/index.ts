export {
  type AcceptanceMeter,
  type AcceptanceMeterOptions,
  acceptanceMeter,
  type TriedNodes,
} from './acceptance-meter.ts'
export {
  type AdjacencyTable,
  type AdjacencyTableOptions,
  adjacencyTable,
  loadAdjacencyTable,
} from './adjacency-table.ts'
export { manifest, type TokenRecyclingOptions, tokenRecycling } from './drafter.ts'
export { measuredRates } from './measured-rates.ts'
export {
  type AcceptanceRates,
  expectedAcceptance,
  paperTemplate,
  searchTemplate,
  type Template,
  templateOf,
} from './template.ts'
