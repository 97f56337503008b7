import { defineConfig } from 'vitest/config'

// Packages resolve to their sources, so tests need no build.
const conditions = ['@foretoken/source']
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
}
const places = ['packages/**/src', 'apps/*/src', 'bench/src', 'tooling', 'examples']
const real = places.map((place) => `${place}/**/*.real.test.ts`)

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: places.map((place) => `${place}/**/*.test.ts`),
          exclude: ['**/node_modules/**', '**/dist/**', ...real],
          testTimeout: 60_000,
        },
      },
      {
        // Layer 3: needs downloaded checkpoints and skips, with the reason, without them.
        ...shared,
        test: { name: 'real', include: real, testTimeout: 600_000, fileParallelism: false },
      },
    ],
  },
})
