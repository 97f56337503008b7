export { manifest, type TokenRecyclingOptions, tokenRecycling } from './drafter.ts'
