export { manifest, typical } from './sampler.ts'
