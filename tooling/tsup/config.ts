import { defineConfig, type Options } from 'tsup'

type Config = ReturnType<typeof defineConfig>

/** The one build: ESM, declarations and source maps. A package passes only what differs. */
export const library = (options: Options = {}): Config =>
  defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    dts: { compilerOptions: { customConditions: [] } },
    sourcemap: true,
    clean: true,
    treeshake: true,
    ...options,
  })
