export { manifest, type SuffixOptions, suffix } from './drafter.ts'
