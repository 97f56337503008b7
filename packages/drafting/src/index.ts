export { textOf, wholeCharacters } from './characters.ts'
export { checksum } from './checksum.ts'
export { type DraftCache, draftCache } from './draft-cache.ts'
export { checkPrompt, checkVocabularies, requireOfDraft, type TokenBytes } from './draft-checks.ts'
export { type DraftRows, draftRows } from './draft-rows.ts'
export { type DraftTree, draftTree } from './draft-tree.ts'
export { type Continuation, childAt, countContinuations } from './locus.ts'
export { type NodeTable, ROOT } from './node-table.ts'
export { retokenize } from './retokenize.ts'
export {
  appendToken,
  bestChild,
  closeSequence,
  continues,
  forgetSuffix,
  locate,
  openSequence,
  type Sequence,
  type SuffixTree,
  suffixTree,
  tokenAt,
  treeBytes,
} from './suffix-tree.ts'
export { bytesOf, type TextTokenizer } from './text-tokenizer.ts'
