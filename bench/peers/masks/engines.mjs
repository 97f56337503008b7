import { createRequire } from 'node:module'

// Imports run from this folder, so that they find what is installed here.
export const xgrammar = async () => {
  // It calls itself a module, and yet reads the names of CommonJS and leaves itself among the globals.
  globalThis.require ??= createRequire(import.meta.url)
  globalThis.__dirname ??= import.meta.dirname
  globalThis.__filename ??= import.meta.filename
  await import('@mlc-ai/web-xgrammar')
  return globalThis.xgrammar
}
export const llguidance = () => import('transformers-llguidance')
