/** The table: for `loadNgramTable` of `@foretoken/drafter-ngram`. */
export const ngramFile: URL = new URL('../smollm2.ngrams', import.meta.url)
