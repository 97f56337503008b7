/** The checkpoint: GGUF, Q8_0, with the tokenizer of `@foretoken/model-stories`. */
export const modelFile: URL = new URL('../stories-draft.gguf', import.meta.url)
