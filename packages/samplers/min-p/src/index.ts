export { manifest, minP } from './sampler.ts'
