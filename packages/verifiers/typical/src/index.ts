export { manifest, typical } from './verifier.ts'
