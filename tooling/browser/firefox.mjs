// A Firefox as it is installed, without a driver: vitest's page is opened by the command line, and its tests report by themselves.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const NAMES = ['firefox', 'firefox-esr', 'firefox.exe']
const PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe']

/** No first-run pages, no questions, no calls of its own to the network. */
const PREFERENCES = {
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.showPane': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': '',
  'toolkit.telemetry.enabled': false,
}

/** The Firefox that `FORETOKEN_FIREFOX` names. */
export const namedFirefox = () => process.env.FORETOKEN_FIREFOX

/** Path of a Firefox on this machine: the named one, or one on the path. */
export function findFirefox() {
  const named = namedFirefox()
  if (named) return existsSync(named) ? named : undefined
  const folders = (process.env.PATH ?? '').split(delimiter)
  return [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES].find(existsSync)
}

/** A provider of vitest's browser mode around the Firefox at `path`; `base` is another provider's option, whose server it takes. */
export function firefoxProvider(path, base) {
  return { ...base, name: 'firefox', supportedBrowser: ['firefox'], providerFactory: () => provider(path) }
}

function provider(path) {
  let child
  let profile
  return {
    name: 'firefox',
    supportsParallelism: false,
    getCommandsContext: () => ({}),
    async openPage(_session, url) {
      this.close()
      profile = mkdtempSync(join(tmpdir(), 'foretoken-firefox-'))
      const lines = Object.entries(PREFERENCES).map(
        (entry) => `user_pref(${entry.map((each) => JSON.stringify(each))});`,
      )
      writeFileSync(join(profile, 'user.js'), lines.join('\n'))
      child = spawn(path, ['--headless', '--no-remote', '--profile', profile, url], { stdio: 'ignore' })
    },
    close() {
      child?.kill('SIGKILL')
      if (profile) rmSync(profile, { recursive: true, force: true })
      child = profile = undefined
    },
  }
}
