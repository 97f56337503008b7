export { manifest, type PearlOptions, pearl } from './drafter.ts'
