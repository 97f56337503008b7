export { manifest, temperature } from './sampler.ts'
