import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PEERS, ROOT } from './places.ts'
import { say } from './report.ts'

/**
 * Installs the engines of others into `bench/peers`, which is no part of the workspace: they are large, and only this
 * needs them. Their install scripts do not run; the prebuilt binaries are enough.
 * @returns Why they are not there, or nothing when they are.
 */
export function installPeers(): string | undefined {
  if (existsSync(new URL('node_modules/.modules.yaml', PEERS))) return undefined
  say('Installing node-llama-cpp and transformers.js into bench/peers (about 600 MB) …')
  const { packageManager } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
    packageManager: string
  }
  const install = ['install', '--ignore-workspace', '--frozen-lockfile']
  const { npm_execpath: runner = '' } = process.env
  const [command, args] = /pnpm/.test(runner)
    ? [process.execPath, [runner, ...install]]
    : ['npx', ['--yes', packageManager, ...install]]
  const { status, stderr, error } = spawnSync(command, args, { cwd: fileURLToPath(PEERS), encoding: 'utf8' })
  if (status === 0) return undefined
  return `installing them failed: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`
}
