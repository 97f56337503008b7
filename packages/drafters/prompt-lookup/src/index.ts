export { manifest, type PromptLookupOptions, promptLookup } from './drafter.ts'
