export { type LayerSkipOptions, layerSkip, manifest } from './drafter.ts'
