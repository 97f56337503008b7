import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ROOT } from './places.ts'

/**
 * Runs pnpm, the one that runs us or the pinned one through npx, and waits. Its output stays off ours.
 * @returns Why it failed; nothing when it did not.
 */
export function pnpm(args: readonly string[], folder: string): string | undefined {
  const { npm_execpath: runner = '' } = process.env
  const [command, first] = /pnpm/.test(runner) ? [process.execPath, [runner]] : ['npx', ['--yes', pinned()]]
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...args], { cwd: folder, encoding: 'utf8' })
  if (status === 0) return undefined
  return (error?.message ?? `${stdout}\n${stderr}`).trim().slice(-1500)
}

function pinned(): string {
  const { packageManager } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
    packageManager: string
  }
  return packageManager
}
