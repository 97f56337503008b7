export { manifest, type SuffixOptions, suffix } from './drafter.ts'
export { loadSuffixPool, type SuffixPool, type SuffixPoolOptions, suffixPool } from './pool.ts'
