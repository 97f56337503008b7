export { type LookaheadOptions, lookahead, manifest } from './drafter.ts'
