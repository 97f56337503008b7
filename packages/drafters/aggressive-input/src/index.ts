export { type AggressiveInputOptions, aggressiveInput, manifest } from './drafter.ts'
