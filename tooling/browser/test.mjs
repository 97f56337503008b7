// `pnpm test:browser`: the tests that need a browser, in a Chromium found or installed here; `pnpm test:firefox`: those that need no
// Chromium, in a Firefox found here. Skips, with the reason, where there is none. Ends within its time limit whatever the browser does.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../workspace/prepare.mjs'
import { chromium } from './chromium.mjs'
import { findFirefox } from './firefox.mjs'

// Twice what a slow machine takes.
const LIMIT_MS = 600_000

const BROWSERS = {
  chromium: {
    path: chromium,
    variable: 'FORETOKEN_CHROMIUM',
    projects: ['browser', 'site'],
    missing: 'There is no Chromium here and none could be installed',
  },
  firefox: {
    path: findFirefox,
    variable: 'FORETOKEN_FIREFOX',
    projects: ['firefox'],
    missing: 'There is no Firefox here',
  },
}

const [name, ...given] = process.argv.slice(2)
const { path: find, variable, projects, missing } = BROWSERS[name]
const path = find()
if (!path) {
  console.log(`${missing}: name one in ${variable}. Its tests are skipped.`)
  console.log('0 passed, 0 failed, 1 skipped')
} else {
  const asked = projects.flatMap((project) => ['--project', project])
  const args = [join(root, 'tooling', 'first-run.mjs'), 'test', ...asked, ...given]
  const env = { ...process.env, [variable]: path }
  // A group of its own, so that the browser goes with it.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  const timer = setTimeout(() => {
    console.log(`The browser tests did not end within ${LIMIT_MS / 1000} s.\n0 passed, 1 failed`)
    process.exitCode = 1
    process.kill(-child.pid, 'SIGKILL')
  }, LIMIT_MS)
  child.on('exit', (code) => {
    clearTimeout(timer)
    process.exitCode ||= code ?? 1
  })
}
