export { manifest, type PenaltiesOptions, penalties } from './sampler.ts'
