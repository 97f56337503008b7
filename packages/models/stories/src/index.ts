/** The checkpoint: GGUF, Q8_0, with its tokenizer. */
export const modelFile: URL = new URL('../stories.gguf', import.meta.url)

/** A beginning that the model continues well. It continues only stories; it does not follow instructions. */
export const examplePrompt = 'Once upon a time, there was a little duck named Lily.'
