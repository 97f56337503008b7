import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { brokenServer } from './tooling/browser/broken-server.mjs'
import { CHROMIUM_FLAGS, findChromium } from './tooling/browser/chromium.mjs'
import { firefoxProvider, namedFirefox } from './tooling/browser/firefox.mjs'
import { ISOLATION } from './tooling/browser/isolation.ts'

// Packages resolve to their sources, so tests need no build.
const conditions = ['@foretoken/source']
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
}
const places = ['packages/**/src', 'apps/*/src', 'bench/src', 'tooling', 'examples']
const real = places.map((place) => `${place}/**/*.real.test.ts`)
const browser = places.map((place) => `${place}/**/*.browser.test.ts`)
const site = ['apps/*/site/**/*.site.test.ts']
const FIREFOX = ['wasm.contract', 'stories', 'load-model', 'downloads'].map(
  (name) => `packages/backends/web/src/${name}.browser.test.ts`,
)
const executablePath = findChromium()
const firefox = namedFirefox()

type BrowserSettings = NonNullable<NonNullable<TestProjectConfiguration['test']>['browser']>

/** In a real browser. Pages are cross-origin isolated, so that WASM may have threads. */
const browserProject = (name: string, include: string[], instance: BrowserSettings): TestProjectConfiguration => ({
  ...shared,
  plugins: [brokenServer()],
  server: { headers: ISOLATION },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  test: {
    name,
    include,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    browser: { enabled: true, headless: true, screenshotFailures: false, ...instance },
  },
})

/** `pnpm test:browser` */
const chromiumProject = (executablePath: string) =>
  browserProject('browser', browser, {
    provider: playwright({ launchOptions: { executablePath, args: CHROMIUM_FLAGS } }),
    instances: [{ browser: 'chromium' }],
  })

/** `pnpm test:firefox`: what needs no commands to the browser itself. */
const firefoxProject = (path: string) =>
  browserProject('firefox', FIREFOX, {
    provider: firefoxProvider(path, playwright()),
    instances: [{ browser: 'firefox' }],
    // It starts more slowly on a machine that has other work.
    connectTimeout: 240_000,
  })

/** Built sites, driven from here in a Chromium of their own: `pnpm test:browser`, after a build. */
const siteProject: TestProjectConfiguration = {
  ...shared,
  test: { name: 'site', include: site, fileParallelism: false, hookTimeout: 60_000 },
}

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: places.map((place) => `${place}/**/*.test.ts`),
          exclude: ['**/node_modules/**', '**/dist/**', ...real, ...browser],
          // Each takes under five seconds on an idle machine: only what hangs comes here, not a machine that pauses.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        // Layer 3: needs downloaded checkpoints and skips, with the reason, without them.
        ...shared,
        test: { name: 'real', include: real, testTimeout: 600_000, fileParallelism: false },
      },
      ...(executablePath ? [chromiumProject(executablePath), siteProject] : []),
      ...(firefox ? [firefoxProject(firefox)] : []),
    ],
  },
})
