export { type DraftCache, draftCache } from './draft-cache.ts'
export { checkPrompt, checkVocabularies, requireOfDraft, type TokenBytes } from './draft-checks.ts'
export { type DraftRows, draftRows } from './draft-rows.ts'
export { type DraftTree, draftTree } from './draft-tree.ts'
