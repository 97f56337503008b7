export { block, manifest } from './verifier.ts'
