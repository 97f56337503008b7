export { manifest, tolerance } from './verifier.ts'
