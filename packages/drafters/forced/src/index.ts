export { forced, manifest } from './drafter.ts'
export { type ForcedContinuation, type ForcedTokens, forcedTokens } from './forced-tokens.ts'
export type { ForcedConstraint, ForcedMatcher, ForcedOptions } from './options.ts'
