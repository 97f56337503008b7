export { manifest, topP } from './sampler.ts'
