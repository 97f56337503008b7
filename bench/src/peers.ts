import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PEERS } from './places.ts'
import { pnpm } from './pnpm.ts'
import { say } from './report.ts'

/**
 * Installs the engines of others into `bench/peers`, which is no part of the workspace: they are large, and only this
 * needs them. Their install scripts do not run; the prebuilt binaries are enough.
 * @returns Why they are not there, or nothing when they are.
 */
export function installPeers(): string | undefined {
  if (existsSync(new URL('node_modules/.modules.yaml', PEERS))) return undefined
  say('Installing node-llama-cpp and transformers.js into bench/peers (about 600 MB) …')
  const reason = pnpm(['install', '--ignore-workspace', '--frozen-lockfile'], fileURLToPath(PEERS))
  return reason && `installing them failed: ${reason.split('\n').at(-1)}`
}
