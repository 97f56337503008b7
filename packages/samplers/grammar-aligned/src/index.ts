export type { AlignedConstraint, AlignedMatcher, GrammarAlignedOptions, SavedAlignment } from './options.ts'
export { type AlignedStatistics, type Cut, type GrammarAligned, grammarAligned, manifest } from './sampler.ts'
