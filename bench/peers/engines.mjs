// Imports run from this folder, so that they find what is installed here.
export const nodeLlamaCpp = () => import('node-llama-cpp')
export const transformers = () => import('@huggingface/transformers')
