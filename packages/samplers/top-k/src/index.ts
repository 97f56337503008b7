export { manifest, topK } from './sampler.ts'
