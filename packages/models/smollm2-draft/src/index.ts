/** The checkpoint: GGUF, Q8_0 with its embedding in Q5_1, with the tokenizer of SmolLM2-135M-Instruct. */
export const modelFile: URL = new URL('../smollm2-draft.gguf', import.meta.url)
