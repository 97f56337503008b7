export { kSeq, manifest } from './verifier.ts'
