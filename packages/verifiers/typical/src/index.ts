export { manifest, type TypicalOptions, typical } from './verifier.ts'
