export { manifest, speculativeSampling } from './verifier.ts'
