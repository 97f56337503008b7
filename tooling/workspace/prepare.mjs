// From a fresh clone to an installed and built workspace, doing only what is missing. Plain Node, no dependencies:
// this runs before anything is installed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { capture, say, step } from './process.mjs'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const stampFile = join(root, 'node_modules', '.cache', 'foretoken', 'stamps.json')
const quiet = {
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  CI: '1',
  NO_COLOR: '1',
}

/** Ends the process with a clear message on a Node that is too old. */
export function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const wanted = engines.node.replace('>=', '')
  const [major, minor] = wanted.split('.').map(Number)
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number)
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return
  say(
    `Foretoken needs Node ${wanted} or newer; this is Node ${process.versions.node}. Install a newer Node: https://nodejs.org`,
  )
  process.exit(1)
}

/** Folders of the workspace's packages, relative to the root. */
export function packageFolders() {
  const found = []
  const visit = (folder, depth) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name === 'node_modules' || entry.name === 'src') continue
      const path = `${folder}/${entry.name}`
      if (existsSync(join(root, path, 'package.json'))) found.push(path)
      else if (depth > 1) visit(path, depth - 1)
    }
  }
  for (const top of ['packages', 'apps']) if (existsSync(join(root, top))) visit(top, 2)
  for (const single of ['bench', 'examples', 'tooling'])
    if (existsSync(join(root, single, 'package.json'))) found.push(single)
  return found.sort()
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return {}
  }
}

function writeStamp(name, key) {
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, JSON.stringify({ ...readStamps(), [name]: key }))
}

/** What an install depends on: the lock file and every manifest. */
function installKey() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} `)
  const manifests = packageFolders().map((folder) => `${folder}/package.json`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) {
    hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** What a build depends on: names, sizes and times of all sources. */
function buildKey() {
  const hash = createHash('sha256')
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(root, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  const visit = (folder) => {
    if (!existsSync(join(root, folder))) return
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.isDirectory()) visit(`${folder}/${entry.name}`)
      else add(`${folder}/${entry.name}`)
    }
  }
  for (const folder of packageFolders()) {
    add(`${folder}/package.json`)
    visit(`${folder}/src`)
    if (existsSync(join(root, folder, 'tsup.config.ts'))) add(`${folder}/tsup.config.ts`)
  }
  for (const folder of ['tooling/tsup', 'tooling/tsconfig']) visit(folder)
  return hash.digest('hex')
}

function isBuilt(folder) {
  if (!existsSync(join(root, folder, 'tsup.config.ts'))) return true
  return existsSync(join(root, folder, 'dist', folder === 'apps/cli' ? 'main.js' : 'index.js'))
}

/** The pinned pnpm as `[command, ...arguments]`: the one on the path when it is that version, else through npx. */
async function pinnedPnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const version = packageManager.split('@')[1]
  const own = await capture('pnpm', ['--version'], { cwd: root, env: { ...process.env, ...quiet } })
  if (own.code === 0 && own.output.trim().split('\n').pop() === version) return ['pnpm']
  const npx = join(dirname(process.execPath), process.platform === 'win32' ? 'npx.cmd' : 'npx')
  return [existsSync(npx) ? npx : 'npx', '--yes', `pnpm@${version}`]
}

function environment() {
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`
  return { ...process.env, ...quiet, PATH: path }
}

let pinned

/** Runs one step with the pinned pnpm; one that fails ends the process. */
export async function pnpm(label, args) {
  pinned ??= pinnedPnpm()
  const [command, ...first] = await pinned
  await step(label, command, [...first, ...args], { cwd: root, env: environment() })
}

/**
 * Installs and builds what is missing or stale; a second call takes milliseconds. `scope` is `all`, or `cli` for the
 * command line and what it needs.
 */
export async function prepare(scope = 'all') {
  checkNode()
  const install = installKey()
  const isInstalled = existsSync(join(root, 'node_modules', '.modules.yaml')) && readStamps().install === install
  if (!isInstalled) {
    await pnpm('Installing', [
      'install',
      '--frozen-lockfile',
      '--reporter=append-only',
      '--config.confirmModulesPurge=false',
    ])
    writeStamp('install', install)
  }

  const build = buildKey()
  const stamps = readStamps()
  const isFresh = isInstalled && (stamps.all === build || stamps[scope] === build) && packageFolders().every(isBuilt)
  if (!isFresh) {
    const filter = scope === 'cli' ? ['--filter=@foretoken/cli...'] : []
    await pnpm('Building', [
      'exec',
      'turbo',
      'run',
      'build',
      '--output-logs=errors-only',
      '--no-update-notifier',
      '--concurrency=100%',
      ...filter,
    ])
    writeStamp(scope, build)
  }
}
