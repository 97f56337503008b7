import { defineConfig, type Options } from 'tsup'
import { writeDeclarations } from './declarations.ts'

type Config = ReturnType<typeof defineConfig>

/** The one build: ESM, declarations and source maps. A package passes only what differs. */
export const library = (options: Options = {}): Config =>
  defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    dts: false,
    sourcemap: true,
    clean: true,
    treeshake: true,
    silent: true,
    onSuccess: async () => writeDeclarations(process.cwd()),
    ...options,
  })
