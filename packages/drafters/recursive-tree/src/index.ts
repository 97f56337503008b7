export { manifest, type RecursiveTreeOptions, recursiveTree } from './drafter.ts'
