// The browser of the browser tests: one that is there, or Debian's, installed where that is allowed.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** What a Chromium without a display, without its own calls to the network, and as root, is started with. */
export const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // WebGPU on a software adapter: it proves function, not speed.
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
]

/** Path of a Chromium on this machine: `FORETOKEN_CHROMIUM`, or one on the path. */
export function findChromium() {
  const named = process.env.FORETOKEN_CHROMIUM
  if (named) return existsSync(named) ? named : undefined
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES]
  return candidates.find((path) => existsSync(path))
}

/** As `findChromium`, after an installation where there is none and this is a Debian as root. */
export function chromium() {
  const found = findChromium()
  if (
    found ||
    process.env.FORETOKEN_CHROMIUM ||
    process.platform !== 'linux' ||
    process.getuid?.() !== 0 ||
    !existsSync('/usr/bin/apt-get')
  )
    return found
  const apt = (...args) => spawnSync('apt-get', args, { stdio: 'ignore', timeout: 240_000 })
  apt('update', '-qq')
  apt('install', '-y', '-qq', '--no-install-recommends', 'chromium')
  return findChromium()
}

/**
 * The environment in which a program that uses Vulkan finds the software adapter that comes with Chromium; nothing where there
 * is none.
 */
export function softwareAdapter() {
  const path = findChromium()
  const folders = [...(path ? [dirname(realpathSync(path))] : []), '/usr/lib/chromium', '/opt/google/chrome']
  const folder = folders.find((each) => existsSync(join(each, 'vk_swiftshader_icd.json')))
  if (process.platform !== 'linux' || !folder) return undefined
  const driver = join(folder, 'vk_swiftshader_icd.json')
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: folder }
}
