export { manifest, recursiveRejection } from './verifier.ts'
