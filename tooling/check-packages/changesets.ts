import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Package, Problem } from '../workspace/packages.ts'

/** Names of the packages that a pending changeset speaks of. */
export function pendingPackages(base: string): Set<string> {
  const names = new Set<string>()
  const folder = join(base, '.changeset')
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.md') || file === 'README.md') continue
    const [, head = ''] = readFileSync(join(folder, file), 'utf8').split(/^---$/m)
    for (const [, name = ''] of head.matchAll(/^["']?(@[^"':]+)["']?:\s*(?:major|minor|patch)\s*$/gm)) names.add(name)
  }
  return names
}

function git(base: string, args: readonly string[]): string {
  try {
    return execFileSync('git', args, { cwd: base, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

/** True when a published file of the package changed after its last release, the commit that last touched its changelog. */
function isChanged(base: string, { folder, json }: Package): boolean {
  if (json.version === '0.0.0') return true
  const release = git(base, ['log', '-1', '--format=%H', '--', `${folder}/CHANGELOG.md`])
  if (release === '') return false
  const paths = [`${folder}/src`, `${folder}/weights`, `:!${folder}/**/*.test.ts`, `:!${folder}/**/*.test-d.ts`]
  return git(base, ['diff', '--name-only', release, '--', ...paths]) !== ''
}

/** Demands a changeset for each published package that changed since its release. */
export function checkChangesets(base: string, packages: readonly Package[]): Problem[] {
  const pending = pendingPackages(base)
  return packages
    .filter((unit) => !pending.has(unit.json.name) && isChanged(base, unit))
    .map(({ folder, json }) => ({
      file: folder,
      message: `${json.name} changed: run "pnpm changeset" and say what users get.`,
    }))
}
