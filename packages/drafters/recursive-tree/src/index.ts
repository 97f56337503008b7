export { manifest, recursiveTree } from './drafter.ts'
export type { RecursiveTreeOptions } from './options.ts'
