export type { PrefixConstraint, PrefixMatcher, RejectionPrefixOptions } from './options.ts'
export {
  type ExactSample,
  manifest,
  type RejectionPrefix,
  type RejectionStatistics,
  rejectionPrefix,
} from './sampler.ts'
