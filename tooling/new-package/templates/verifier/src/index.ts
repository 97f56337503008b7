export { manifest, templateMethod } from './verifier.ts'
