export { exactMatch, manifest } from './verifier.ts'
