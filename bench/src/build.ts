import { fileURLToPath } from 'node:url'
import { ForetokenError } from '@foretoken/core'
import { ROOT } from './places.ts'
import { pnpm } from './pnpm.ts'

/** Builds the packages that are measured, where they changed since the last build. */
export function buildPackages(): void {
  const turbo = ['exec', 'turbo', 'run', 'build', '--filter=@foretoken/bench^...', '--output-logs=errors-only']
  const reason = pnpm(turbo, fileURLToPath(ROOT))
  if (reason === undefined) return
  throw new ForetokenError('BACKEND_FAILED', `The packages do not build: ${reason}.`, {
    fix: 'Repair the build, or measure the sources with --source.',
  })
}
