export { type AdedOptions, aded, manifest } from './drafter.ts'
