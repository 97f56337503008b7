export { manifest, type ToleranceOptions, tolerance } from './verifier.ts'
