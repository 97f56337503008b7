export { layerSkip, manifest } from './drafter.ts'
export type { LayerSkipOptions } from './options.ts'
export { type SkipSearch, type SkipSearchOptions, skipSearch } from './skip-search.ts'
