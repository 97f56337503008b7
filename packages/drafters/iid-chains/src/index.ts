export { type IidChainsOptions, iidChains, manifest } from './drafter.ts'
