export { type ForcedOptions, forced, manifest } from './drafter.ts'
