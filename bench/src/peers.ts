import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PEERS } from './places.ts'
import { pnpm } from './pnpm.ts'
import { say } from './report.ts'

/**
 * Installs the engines of others into `bench/peers`, or a folder in it, which is no part of the workspace: they are large,
 * and only this needs them. Their install scripts do not run; the prebuilt binaries are enough.
 * @returns Why they are not there, or nothing when they are.
 */
export function installPeers(
  folder: URL = PEERS,
  what = 'node-llama-cpp and transformers.js into bench/peers (about 600 MB)',
): string | undefined {
  if (existsSync(new URL('node_modules/.modules.yaml', folder))) return undefined
  say(`Installing ${what} …`)
  const reason = pnpm(['install', '--ignore-workspace', '--frozen-lockfile'], fileURLToPath(folder))
  return reason && `installing them failed: ${reason.split('\n').at(-1)}`
}
